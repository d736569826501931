// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.arch.FakeMachine.Outcome;
import io.offkraft.arch.FakeMachine.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What ./offkraft does around the program: a copy of the script in a checkout of its own, with a
 * Maven that only writes down that it was called and a java that only repeats its arguments.
 */
final class OffkraftCommandTest {
    /** Slow enough that two calls at once would both be seen. */
    private static final String MAVEN =
            """
            echo called >>"$HOME/maven-calls"
            sleep 0.2
            mkdir -p tools/cli/target/app && echo jar >tools/cli/target/app/offkraft-cli.jar
            """;

    private static final String JAVA =
            """
            [ -e "${PROGRAM:?}" ] || { echo "no app" >&2; exit 9; }
            echo "in $PWD"; printf '%s\\n' "$@"; exit 7
            """;

    @TempDir private Path folder;
    private FakeMachine machine;
    private Path checkout;
    private Path source;

    @BeforeEach
    void makeCheckout() throws IOException {
        machine = new FakeMachine(folder.toRealPath());
        machine.jdk("usr/lib/jvm/25", "25.0.3", JAVA);
        machine.command("mvn", MAVEN);
        checkout = Files.createDirectories(machine.root().resolve("a check out"));
        copy("offkraft");
        copy("etc/jdk25.sh");
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Files.createDirectories(checkout.resolve("core"));
        Files.createDirectories(checkout.resolve("bench/workload"));
        Files.createDirectories(checkout.resolve("foundation/word/src/test/java"));
        source = checkout.resolve("tools/cli/src/main/java/Source.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "class Source {}");
    }

    private void copy(String file) throws IOException {
        Files.createDirectories(checkout.resolve(file).getParent());
        Files.copy(
                Checkout.ROOT.resolve(file),
                checkout.resolve(file),
                StandardCopyOption.COPY_ATTRIBUTES);
    }

    private Map<String, String> program() {
        return Map.of("PROGRAM", app().toString());
    }

    private Path app() {
        return checkout.resolve("tools/cli/target/app");
    }

    private Outcome offkraft(String... arguments) throws Exception {
        return machine.run(machine.root(), program(), command(arguments));
    }

    private String[] command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(checkout.resolve("offkraft").toString()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private long mavenCalls() throws IOException {
        Path calls = machine.home().resolve("maven-calls");
        return Files.exists(calls) ? Files.readAllLines(calls).size() : 0;
    }

    @Test
    void firstUseBuildsAndSaysSoAndTheNextDoesNot() throws Exception {
        Outcome first = offkraft("replay");
        assertThat(first.err()).hasLineCount(1).startsWith("offkraft: building (first use)");
        Outcome second = offkraft("replay");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).isEqualTo(first.out());
        assertThat(mavenCalls()).isEqualTo(1);
    }

    @Test
    void argumentsFolderAndExitStatusArePassedOn() throws Exception {
        Outcome outcome = offkraft("replay", "a trace.gz", "*", "");
        assertThat(outcome.status()).isEqualTo(7);
        assertThat(outcome.out())
                .startsWith("in " + machine.root() + "\n")
                .contains("\n-p\n" + checkout + "/tools/cli/target/app\n")
                .endsWith("\nreplay\na trace.gz\n*\n\n");
    }

    @Test
    void linkToTheCommandFindsItsCheckout() throws Exception {
        Path first =
                Files.createSymbolicLink(
                        machine.root().resolve("link"), Path.of("a check out/offkraft"));
        Path second = Files.createSymbolicLink(machine.home().resolve("link"), first);
        Outcome outcome = machine.run(machine.home(), program(), second.toString(), "--version");
        assertThat(outcome.status()).isEqualTo(7);
        assertThat(outcome.out()).startsWith("in " + machine.home() + "\n");
    }

    @Test
    void changedSourceIsBuiltAgainWithoutTheOldJars() throws Exception {
        offkraft();
        settle();
        Path oldJar = Files.writeString(app().resolve("netty-0.jar"), "jar");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now()));
        assertThat(offkraft().err())
                .hasLineCount(1)
                .startsWith("offkraft: building (sources changed)");
        assertThat(offkraft().err()).isEmpty();
        assertThat(mavenCalls()).isEqualTo(2);
        assertThat(oldJar).doesNotExist();
    }

    @Test
    void deletedSourceIsBuiltAgain() throws Exception {
        offkraft();
        settle();
        assertThat(offkraft().err()).isEmpty();
        Files.delete(source);
        assertThat(offkraft().err()).startsWith("offkraft: building (sources changed)");
    }

    @Test
    void changedTestOrDocumentIsNoReasonToBuild() throws Exception {
        offkraft();
        settle();
        Files.writeString(
                checkout.resolve("foundation/word/src/test/java/ATest.java"), "class ATest {}");
        Files.writeString(checkout.resolve("tools/README.md"), "read me");
        assertThat(offkraft().err()).isEmpty();
    }

    @Test
    void failedBuildShowsTheEndOfItsLogAndIsTriedAgain() throws Exception {
        machine.command("mvn", "echo '[ERROR] Source.java: ; expected'; exit 1");
        Outcome failed = offkraft("replay");
        assertThat(failed.status()).isEqualTo(2);
        assertThat(failed.out()).isEmpty();
        assertThat(failed.err())
                .contains("[ERROR] Source.java: ; expected\n")
                .contains("offkraft: the build failed, see above; the whole log is in ");
        machine.command("mvn", MAVEN);
        assertThat(offkraft("replay").status()).isEqualTo(7);
    }

    @Test
    void firstUsesAtTheSameTimeBuildOnce() throws Exception {
        List<Running> running = new ArrayList<>();
        for (int user = 0; user < 4; user++) {
            running.add(machine.start(machine.root(), program(), command("user " + user)));
        }
        for (Running one : running) {
            assertThat(FakeMachine.await(one).status()).isEqualTo(7);
        }
        assertThat(mavenCalls()).isEqualTo(1);
    }

    @Test
    void missingMavenIsSaidInOneLine() throws Exception {
        Files.delete(machine.root().resolve("bin/mvn"));
        Outcome outcome = offkraft("replay");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err())
                .hasLineCount(1)
                .startsWith("offkraft: needs Maven 3.8.7 or later");
    }

    @Test
    void missingJdkIsSaidInOneLine() throws Exception {
        Files.delete(machine.root().resolve("usr/lib/jvm/25/bin/javac"));
        Outcome outcome = offkraft("replay");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err()).hasLineCount(1).startsWith("offkraft: needs a JDK 25 or later");
    }

    /** Dates the checkout a day back and its build an hour, so that what comes now is newer. */
    private void settle() throws IOException {
        FileTime yesterday = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
        try (Stream<Path> files = Files.walk(checkout)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, yesterday);
            }
        }
        Files.setLastModifiedTime(
                checkout.resolve("tools/cli/target/app.stamp"),
                FileTime.from(Instant.now().minus(Duration.ofHours(1))));
    }
}
