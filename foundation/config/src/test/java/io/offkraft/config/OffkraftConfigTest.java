// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OffkraftConfigTest {
    private static Properties properties(String... namesAndValues) {
        final Properties properties = new Properties();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
        }
        return properties;
    }

    @Test
    void absentPropertiesHaveTheirDefaults() {
        final OffkraftConfig config = OffkraftConfig.parse(new Properties());

        assertThat(config.smp()).isTrue();
        assertThat(config.contention()).isEqualTo(Contention.LOW);
        assertThat(config.decay()).isEqualTo(Duration.ofSeconds(1));
        assertThat(config.limitBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(config.debugLocks()).isFalse();
        assertThat(config.debugAtomics()).isFalse();
        assertThat(config.debugSchedule()).isFalse();
        assertThat(config.synchronization()).isEqualTo(LockChoice.AUTO);
        assertThat(config.diagnostics()).isEqualTo(Diagnostics.SAMPLED);
        assertThat(config.stats()).isTrue();
    }

    @Test
    void everyPropertyIsRead() {
        final OffkraftConfig config =
                OffkraftConfig.parse(
                        properties(
                                "offkraft.smp", "false",
                                "offkraft.contention", "high",
                                "offkraft.decay", "500ms",
                                "offkraft.limit", "2G",
                                "offkraft.debug.locks", "true",
                                "offkraft.debug.atomics", "true",
                                "offkraft.debug.schedule", "true",
                                "offkraft.synchronization", "big_reader",
                                "offkraft.diagnostics", "full",
                                "offkraft.stats", "false"));

        assertThat(config.smp()).isFalse();
        assertThat(config.contention()).isEqualTo(Contention.HIGH);
        assertThat(config.decay()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.limitBytes()).isEqualTo(2L << 30);
        assertThat(config.debugLocks()).isTrue();
        assertThat(config.debugAtomics()).isTrue();
        assertThat(config.debugSchedule()).isTrue();
        assertThat(config.synchronization()).isEqualTo(LockChoice.BIG_READER);
        assertThat(config.diagnostics()).isEqualTo(Diagnostics.FULL);
        assertThat(config.stats()).isFalse();
    }

    @Test
    void namesOfOthersAreNotLookedAt() {
        assertThat(OffkraftConfig.parse(properties("offkraftish.smp", "maybe")).smp()).isTrue();
    }

    @Test
    void unknownNameIsAnErrorThatNamesItAndTheNearest() {
        assertThatThrownBy(() -> OffkraftConfig.parse(properties("offkraft.contentoin", "high")))
                .isInstanceOf(ConfigurationException.class)
                .message()
                .startsWith(
                        "unknown property offkraft.contentoin:"
                                + " the nearest known ones are offkraft.contention, ")
                .doesNotContain("\n");
    }

    @ParameterizedTest
    @CsvSource({
        "offkraft.smp, on, true or false",
        "offkraft.smp, '', true or false",
        "offkraft.contention, middling, 'low, high'",
        "offkraft.diagnostics, some, 'off, sampled, full'",
        "offkraft.debug.locks, 1, true or false",
        "offkraft.stats, yes, true or false",
        "offkraft.decay, 5, a time such as",
        "offkraft.decay, -1s, a time such as",
        "offkraft.decay, PT-1S, a time such as",
        "offkraft.decay, 999999999999h, a time such as",
        "offkraft.limit, -1, a number of bytes",
        "offkraft.limit, 1.5G, a number of bytes",
        "offkraft.limit, 8388608T, a number of bytes",
        "offkraft.limit, 9999999999999999999, a number of bytes",
        "offkraft.limit, lots, a number of bytes",
    })
    void badValueIsAnErrorThatNamesPropertyValueAndWhatIsRight(
            String name, String value, String right) {
        assertThatThrownBy(() -> OffkraftConfig.parse(properties(name, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith(name + " must be ")
                .hasMessageContaining(right)
                .hasMessageEndingWith(": " + value);
    }

    @ParameterizedTest
    @CsvSource({
        "4096, 4096",
        "64K, 65536",
        "64k, 65536",
        "3M, 3145728",
        "1T, 1099511627776",
        "9223372036854775807, 9223372036854775807",
        "8388607T, 9223370937343148032",
    })
    void sizesHaveSuffixes(String written, long bytes) {
        assertThat(OffkraftConfig.parse(properties("offkraft.limit", written)).limitBytes())
                .isEqualTo(bytes);
    }

    @Test
    void limitOfZeroMeansNone() {
        assertThat(OffkraftConfig.parse(properties("offkraft.limit", "0")).limitBytes())
                .isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "0s, PT0S",
        "500ms, PT0.5S",
        "10s, PT10S",
        "2m, PT2M",
        "1h, PT1H",
        "PT1.5S, PT1.5S",
    })
    void durationsAreSimpleOrIso(String written, Duration duration) {
        assertThat(OffkraftConfig.parse(properties("offkraft.decay", written)).decay())
                .isEqualTo(duration);
    }

    @Test
    void constantsAreThoseOfTheProcess() {
        assertThat(OffkraftConfig.SMP).isEqualTo(OffkraftConfig.process().smp());
        assertThat(OffkraftConfig.process())
                .isEqualTo(OffkraftConfig.parse(System.getProperties()));
        assertThat(OffkraftConfig.CONTENTION).isEqualTo(OffkraftConfig.process().contention());
    }

    @ParameterizedTest
    @CsvSource({"'', '', 0", "a, '', 1", "kitten, sitting, 3", "flaw, lawn, 2"})
    void editDistanceIsLevenshteins(String from, String to, int distance) {
        assertThat(EditDistance.between(from, to)).isEqualTo(distance);
        assertThat(EditDistance.between(to, from)).isEqualTo(distance);
    }
}
