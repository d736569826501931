// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A piece of a page: elements, whose text and attributes are escaped whatever they are.
 *
 * <p><b>Thread safety:</b> one thread.
 */
final class Html {
    private final StringBuilder text = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /** Opens an element; {@code attributes} are names and values in turn. */
    Html begin(String element, String... attributes) {
        text.append('<').append(element);
        for (int index = 0; index < attributes.length; index += 2) {
            text.append(' ').append(attributes[index]).append("=\"");
            text.append(escaped(attributes[index + 1])).append('"');
        }
        text.append('>');
        open.push(element);
        return this;
    }

    /** Closes the element that was opened last. */
    Html end() {
        text.append("</").append(open.pop()).append(">\n");
        return this;
    }

    Html text(String content) {
        text.append(escaped(content));
        return this;
    }

    /** Adds an element that has text only. */
    Html element(String element, String content, String... attributes) {
        return begin(element, attributes).text(content).end();
    }

    /** Returns the piece, all of whose elements must be closed. */
    String render() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("elements are open: " + open);
        }
        return text.toString();
    }

    static String escaped(String content) {
        return content.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
