// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a long command is: a bar on standard error where a person watches, nothing in a pipe.
 *
 * <p><b>Thread safety:</b> one thread steps; the library draws from another.
 */
sealed interface Progress extends AutoCloseable {
    /** Notes that one more step begins, described by {@code what}. */
    void step(String what);

    /** Takes the bar away so that a line can be printed; the next drawing brings it back. */
    void clearLine();

    @Override
    void close();

    /**
     * Returns a bar of {@code steps} steps of {@code what} if a person watches, else one that is
     * never seen.
     */
    static Progress of(String what, long steps) {
        return isWatched() ? new Bar(what, steps) : new Unseen();
    }

    /**
     * A terminal for input, output and errors alike: whatever is redirected means that a program
     * listens.
     */
    private static boolean isWatched() {
        // JDK 25 went back to null where there is no console
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()
                && isTerminal(2);
    }

    private static boolean isTerminal(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException _) {
            return false; // unknown: a missing bar is better than one in somebody's file
        }
    }

    /** Shows nothing. */
    final class Unseen implements Progress {
        @Override
        public void step(String what) {}

        @Override
        public void clearLine() {}

        @Override
        public void close() {}
    }

    /** Draws on standard error and wipes what it drew. */
    final class Bar implements Progress {
        private static final int DEFAULT_COLUMNS = 80;
        private static final int REDRAW_MILLIS = 100;

        private final ProgressBar bar;

        Bar(String what, long steps) {
            this.bar =
                    new ProgressBarBuilder()
                            .setInitialMax(steps)
                            .setTaskName(what)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUpdateIntervalMillis(REDRAW_MILLIS)
                            .setConsumer(new StandardErrorLine())
                            .clearDisplayOnFinish()
                            .build();
        }

        @Override
        public void step(String what) {
            bar.step();
            bar.setExtraMessage(what);
        }

        @Override
        public void clearLine() {
            StandardErrorLine.wipe();
        }

        @Override
        public void close() {
            bar.close();
            StandardErrorLine.wipe();
        }
    }

    /**
     * The terminal's current line. The library's own consumers ask the terminal for its size by way
     * of native code.
     */
    final class StandardErrorLine implements ProgressBarConsumer {
        private static final String ERASE_LINE = "\r\u001b[K";

        @Override
        public int getMaxRenderedLength() {
            String columns = Map.copyOf(System.getenv()).getOrDefault("COLUMNS", "");
            return (columns.matches("[1-9]\\d{1,3}")
                            ? Integer.parseInt(columns)
                            : Bar.DEFAULT_COLUMNS)
                    - 1;
        }

        @Override
        public void accept(String rendered) {
            System.err.print('\r' + rendered);
            System.err.flush();
        }

        @Override
        public void clear() {
            wipe();
        }

        @Override
        public void close() {}

        static void wipe() {
            System.err.print(ERASE_LINE);
            System.err.flush();
        }
    }
}
