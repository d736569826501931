// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static org.assertj.core.api.Assertions.assertThat;

import io.offkraft.arch.FakeMachine.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What etc/jdk25.sh chooses on machines with other JDKs than this one. */
final class JdkDiscoveryTest {
    private static final String FIND =
            ". '" + Checkout.ROOT + "/etc/jdk25.sh'; offkraft_find_jdk && printf %s \"$JAVA_HOME\"";

    @TempDir private Path folder;
    private FakeMachine machine;

    @BeforeEach
    void makeMachine() throws IOException {
        machine = new FakeMachine(folder.toRealPath());
    }

    private Path install(String place, String version) throws IOException {
        return machine.jdk(place, version, "exit 1");
    }

    private Outcome find(Map<String, String> variables) throws Exception {
        return machine.run(machine.root(), variables, "bash", "-c", FIND);
    }

    private void assertFinds(Path jdk) throws Exception {
        assertThat(find(Map.of())).isEqualTo(new Outcome(0, jdk.toString(), ""));
    }

    @Test
    void javaHomeThatFitsWinsOverEverything() throws Exception {
        install("usr/lib/jvm/a", "25.0.3");
        Path chosen = install("elsewhere/my jdk", "26.0.1");
        assertThat(find(Map.of("JAVA_HOME", chosen.toString())))
                .isEqualTo(new Outcome(0, chosen.toString(), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"17.0.15", "1.8.0_412", "24.0.2", "9"})
    void javaHomeThatIsTooOldIsPassedOver(String version) throws Exception {
        Path old = install("elsewhere/old", version);
        Path fitting = install("usr/lib/jvm/temurin-25", "25");
        assertThat(find(Map.of("JAVA_HOME", old.toString())))
                .isEqualTo(new Outcome(0, fitting.toString(), ""));
    }

    @Test
    void javaHomeThatIsNoFolderIsPassedOver() throws Exception {
        Path fitting = install("usr/lib/jvm/temurin-25", "25.0.3");
        assertThat(find(Map.of("JAVA_HOME", "/nonexistent")).out()).isEqualTo(fitting.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "usr/lib/jvm/x",
                "opt/jdk-25",
                "opt/java/openjdk",
                "usr/java/latest",
                "usr/local/java/jdk",
                "home/.sdkman/candidates/java/25-tem",
                "home/.jdks/openjdk 25",
                "home/.jenv/versions/25",
                "Library/Java/JavaVirtualMachines/t.jdk/Contents/Home"
            })
    void everyUsualFolderIsLookedInto(String place) throws Exception {
        assertFinds(install(place, "25.0.3"));
    }

    @Test
    void lowestFittingVersionIsChosenWhereverItLies() throws Exception {
        install("opt/jdk-27", "27-ea");
        install("usr/lib/jvm/java-26", "26");
        install("usr/lib/jvm/java-21", "21.0.9");
        toolchains("<jdkHome>" + install("chain/28", "28") + "</jdkHome>");
        assertFinds(install("home/.jdks/25", "25.0.1"));
    }

    @Test
    void ofTheSameVersionToolchainsComeFirstThenThePath() throws Exception {
        install("usr/lib/jvm/java-25", "25.0.3");
        Path onPath = install("pathed/jdk", "25.0.3");
        machine.link("java", onPath.resolve("bin/java"));
        assertFinds(onPath);
        Path chained = install("chain/jdk", "25.0.3");
        toolchains("<jdkHome>" + chained + "</jdkHome>");
        assertFinds(chained);
    }

    @Test
    void toolchainIsFoundHoweverItsFileIsLaidOut() throws Exception {
        Path old = install("chain/old", "17");
        Path fitting = install("chain/with space", "25");
        toolchains(
                "<jdkHome>"
                        + old
                        + "</jdkHome></configuration></toolchain><toolchain><configuration><jdkHome>\n   "
                        + fitting
                        + "\n</jdkHome>");
        assertFinds(fitting);
    }

    @Test
    void scriptOnThePathIsAskedForItsJavaHome() throws Exception {
        Path fitting = install("hidden/jdk", "25.0.3");
        machine.command(
                "java",
                "echo 'Property settings:' >&2; echo '    java.home = " + fitting + "' >&2");
        assertFinds(fitting);
    }

    @Test
    void runtimeWithoutCompilerDoesNotFit() throws Exception {
        machine.jre("usr/lib/jvm/jre-25", "25.0.3", "exit 1");
        assertNothingFound();
    }

    @Test
    void nothingThatFitsIsSaidInOneLine() throws Exception {
        machine.link("java", install("usr/lib/jvm/java-17", "17.0.15").resolve("bin/java"));
        Files.createDirectories(machine.root().resolve("opt/no-jdk"));
        assertNothingFound();
    }

    private void assertNothingFound() throws Exception {
        Outcome outcome = find(Map.of());
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err())
                .startsWith("offkraft: needs a JDK 25 or later (looked in JAVA_HOME, ")
                .endsWith("; install Temurin 25 or set JAVA_HOME\n")
                .hasLineCount(1);
    }

    private void toolchains(String jdkHomes) throws IOException {
        Path settings = Files.createDirectories(machine.home().resolve(".m2"));
        Files.writeString(
                settings.resolve("toolchains.xml"),
                "<toolchains>\n<toolchain><type>jdk</type><configuration>"
                        + jdkHomes
                        + "</configuration></toolchain>\n</toolchains>\n");
    }
}
