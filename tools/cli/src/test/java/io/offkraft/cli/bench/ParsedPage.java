// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * A page in its parts. Scripts and styles follow rules of their own: they end where their end tag
 * first stands; the rest is read as XML, which is stricter than a browser.
 *
 * @param scripts the scripts' text, in order
 * @param document all else
 */
public record ParsedPage(List<String> scripts, Document document) {
    private static final Pattern SCRIPT =
            Pattern.compile("(<script[^>]*>)(.*?)(</script>)", Pattern.DOTALL);
    private static final Pattern STYLE =
            Pattern.compile("(<style[^>]*>)(.*?)(</style>)", Pattern.DOTALL);

    /** Parses a page. */
    public static ParsedPage of(String page) throws Exception {
        List<String> scripts =
                SCRIPT.matcher(page).results().map((MatchResult each) -> each.group(2)).toList();
        String rest = SCRIPT.matcher(page).replaceAll("$1$3");
        rest = STYLE.matcher(rest).replaceAll("$1$3");
        Document document =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new InputSource(new StringReader(rest)));
        return new ParsedPage(scripts, document);
    }

    /** Returns the text of all elements with that class attribute. */
    static List<String> textOf(Document document, String element, String classes) {
        NodeList elements = document.getElementsByTagName(element);
        List<String> texts = new ArrayList<>();
        for (int index = 0; index < elements.getLength(); index++) {
            Element each = (Element) elements.item(index);
            if (each.getAttribute("class").equals(classes)) {
                texts.add(each.getTextContent());
            }
        }
        return texts;
    }
}
