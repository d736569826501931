// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a call, taken apart: {@code name(arguments) = result}.
 *
 * @param name the call
 * @param arguments as printed
 * @param result the number, or {@code ?} if it never returned
 * @param errno the error's name; empty if none
 */
record CallText(String name, List<String> arguments, String result, String errno) {
    private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]*");
    private static final Pattern RESULT =
            Pattern.compile(
                    " *= (-?\\d+|0x[0-9a-f]+|\\?)(?: ([A-Z][A-Z0-9_]*))?(?: \\([^()]*\\))?"
                            + "(?: <\\d+\\.\\d+>)?");

    /** What is wrong with a text, in the words of a sentence about its line. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String problem) {
            super(problem);
        }

        String problem() {
            return String.valueOf(getMessage());
        }
    }

    static CallText parse(String text) throws Malformed {
        int open = text.indexOf('(');
        if (open < 0 || !NAME.matcher(text.substring(0, open)).matches()) {
            throw new Malformed("is no call, such as munmap(0x7f0000000000, 4096) = 0");
        }
        List<String> arguments = new ArrayList<>();
        int close = splitArguments(text, open, arguments);
        if (close < 0) {
            throw new Malformed("the arguments do not end");
        }
        Matcher result = RESULT.matcher(text.substring(close + 1));
        if (!result.matches()) {
            throw new Malformed("has no result, such as \"= 0\", after its arguments");
        }
        String errno = result.group(2) == null ? "" : result.group(2);
        if (result.group(1).equals("-1") && errno.isEmpty()) {
            throw new Malformed("failed with no error's name behind the -1");
        }
        if (!errno.isEmpty() && !result.group(1).equals("-1") && !result.group(1).equals("?")) {
            throw new Malformed("names an error, but returned " + result.group(1));
        }
        return new CallText(text.substring(0, open), arguments, result.group(1), errno);
    }

    /** Returns the index of the bracket that closes the one at {@code open}, or -1. */
    private static int splitArguments(String text, int open, List<String> arguments) {
        int depth = 0;
        boolean quoted = false;
        int begin = open + 1;
        for (int at = open; at < text.length(); at++) {
            char c = text.charAt(at);
            if (quoted) {
                at += c == '\\' ? 1 : 0;
                quoted = c != '"';
            } else if (c == '"') {
                quoted = true;
            } else if (c == '(' || c == '[' || c == '{') {
                depth++;
            } else if (c == ')' || c == ']' || c == '}') {
                depth--;
                if (depth == 0) {
                    addUnlessEmpty(arguments, text.substring(begin, at));
                    return at;
                }
            } else if (c == ',' && depth == 1) {
                arguments.add(text.substring(begin, at).strip());
                begin = at + 1;
            }
        }
        return -1;
    }

    private static void addUnlessEmpty(List<String> arguments, String last) {
        if (!last.isBlank() || !arguments.isEmpty()) {
            arguments.add(last.strip());
        }
    }
}
