// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a shell needs to complete the command line. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Print a completion script for bash and zsh.",
            "Use it with: source <(offkraft completion)"
        })
final class CompletionCommand implements Runnable {
    /** Replaced by the parser. */
    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        spec.commandLine()
                .getOut()
                .println(AutoComplete.bash("offkraft", spec.root().commandLine()));
    }
}
