// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import tools.jackson.databind.json.JsonMapper;

class BenchPageTest {
    private static final BenchReport REPORT = BenchSamples.report(BenchSamples.figures());

    @Test
    void pageIsWellFormedAndNeedsNothingElse() throws Exception {
        String page = BenchPage.of(REPORT);

        ParsedPage parsed = ParsedPage.of(page);
        assertThat(parsed.scripts()).hasSize(3).noneMatch(String::isBlank);
        assertThat(parsed.scripts().get(1)).contains("Chart.js v4");
        Document document = parsed.document();
        for (String loading : List.of("link", "img", "iframe")) {
            assertThat(document.getElementsByTagName(loading).getLength()).isZero();
        }
        assertThat(page).doesNotContain("src=", "@import", "url(");
    }

    @Test
    void dataInThePageAreTheJsonDocument() throws Exception {
        JsonMapper mapper = JsonMapper.builder().build();

        assertThat(mapper.readTree(ParsedPage.of(BenchPage.of(REPORT)).scripts().getFirst()))
                .isEqualTo(mapper.readTree(REPORT.json()));
    }

    /** Without the script, too, all is there to be read. */
    @Test
    void tablesHoldFactsFiguresAndRatiosAsText() throws Exception {
        Document document = ParsedPage.of(BenchPage.of(REPORT)).document();

        assertThat(document.getElementsByTagName("table").getLength()).isEqualTo(6);
        assertThat(document.getDocumentElement().getTextContent())
                .contains(BenchSamples.NASTY, "8.0 GiB", "c0ffee", "offkraft.decay")
                .contains("jemalloc is left out: " + BenchSamples.NASTY)
                .contains("100.0", "10.00", "3.0 MiB", "0.3")
                .contains("Where a peer was faster (1)");
        assertThat(ParsedPage.textOf(document, "td", "ratio slower"))
                .containsExactly("0.90", "0.90", "0.90", "0.80", "0.80");
        assertThat(ParsedPage.textOf(document, "td", "ratio faster"))
                .containsExactly("2.50", "10.00", "5.00");
    }

    @Test
    void whatIsPutInIsText() {
        String page = BenchPage.of(REPORT);

        assertThat(page).doesNotContain("</script><b>", "<b>").contains("\\u003c/script>\\u003cb>");
    }

    @Test
    void noFiguresAreAPageToo() throws Exception {
        assertThat(ParsedPage.of(BenchPage.of(BenchSamples.report(List.of()))).document())
                .isNotNull();
    }

    @Test
    void elementThatIsLeftOpenIsNoticed() {
        assertThatThrownBy(new Html().begin("p")::render)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("elements are open: [p]");
    }
}
