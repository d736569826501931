// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/** A system call that the kernel refused. */
public final class SystemCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final String arguments;
    private final int errno;

    /** Makes the exception for {@code call(arguments)} that set {@code errno}. */
    public SystemCallException(String call, String arguments, int errno) {
        super("%s(%s) failed: %s (%d)".formatted(call, arguments, Errno.name(errno), errno));
        this.call = call;
        this.arguments = arguments;
        this.errno = errno;
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
