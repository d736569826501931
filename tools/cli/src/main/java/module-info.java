// SPDX-License-Identifier: BSD-3-Clause
import org.jspecify.annotations.NullMarked;

/** The offkraft command. */
@NullMarked
module io.offkraft.cli {
    requires static transitive org.jspecify;
    requires HdrHistogram;
    requires info.picocli;
    requires io.offkraft.config;
    requires io.offkraft.heap;
    requires io.offkraft.sync;
    requires io.offkraft.oracle;
    requires io.offkraft.platform;
    requires io.offkraft.vmem;
    requires io.offkraft.word;
    requires io.offkraft.workload;
    requires java.management;
    requires jdk.management;
    requires me.tongfei.progressbar;
    requires tools.jackson.databind;

    // The command line's options and the workers' messages are filled in by reflection.
    opens io.offkraft.cli to
            info.picocli;
    opens io.offkraft.cli.bench to
            tools.jackson.databind;
    opens io.offkraft.cli.worker to
            tools.jackson.databind;
    opens io.offkraft.cli.report to
            tools.jackson.databind;
    opens io.offkraft.cli.replay to
            tools.jackson.databind;
    opens io.offkraft.cli.vm to
            tools.jackson.databind;
    opens io.offkraft.cli.vmmap to
            tools.jackson.databind;
}
