// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.worker;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Messages as lines of JSON. */
final class Lines {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Lines() {}

    static String write(Object message) {
        return MAPPER.writeValueAsString(message);
    }

    /**
     * Returns the message in {@code line}.
     *
     * @throws IllegalArgumentException if there is none of that type
     */
    static <T> T read(String line, Class<T> type) {
        try {
            return MAPPER.readValue(line, type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not a " + type.getSimpleName() + ": " + line, e);
        }
    }
}
