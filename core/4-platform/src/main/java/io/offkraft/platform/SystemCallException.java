// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A system call that the kernel refused. */
public final class SystemCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final String arguments;
    private final int errno;
    private final @Nullable String remedy;

    /** Makes the exception for {@code call(arguments)} that set {@code errno}. */
    public SystemCallException(String call, String arguments, int errno) {
        this(call, arguments, errno, null);
    }

    /** Makes the exception, with what to do about it. */
    public SystemCallException(String call, String arguments, int errno, @Nullable String remedy) {
        super(
                "%s(%s) failed: %s (%d)%s"
                        .formatted(
                                call,
                                arguments,
                                Errno.name(errno),
                                errno,
                                remedy == null ? "" : "; " + remedy));
        this.call = call;
        this.arguments = arguments;
        this.errno = errno;
        this.remedy = remedy;
    }

    /** Returns what to do about it, if a limit is known to be the reason. */
    public Optional<String> remedy() {
        return Optional.ofNullable(remedy);
    }

    /** Returns the call's name, such as {@code mmap}. */
    public String call() {
        return call;
    }

    /** Returns the call's arguments as text. */
    public String arguments() {
        return arguments;
    }

    /** Returns the error number. */
    public int errno() {
        return errno;
    }

    /** Returns the error's name, such as {@code ENOMEM}. */
    public String errnoName() {
        return Errno.name(errno);
    }
}
