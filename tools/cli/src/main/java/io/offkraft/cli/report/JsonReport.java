// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.report;

import java.util.List;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Results as one JSON document. */
public final class JsonReport {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonReport() {}

    /** Returns {@code {"results":[...]}}. */
    public static String of(List<ReplayResult> results) {
        return ofDocument(new Document(results));
    }

    /** Returns a document of any records. */
    public static String ofDocument(Record document) {
        return MAPPER.writeValueAsString(document);
    }

    private record Document(List<ReplayResult> results) {}
}
