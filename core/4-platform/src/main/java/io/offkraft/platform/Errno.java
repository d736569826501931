// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.platform;

/** The names of Linux's error numbers, the same on x86-64 and aarch64. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int EINTR = 4;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;

    private static final String[] NAMES = names();

    private Errno() {}

    /**
     * Returns the name of {@code errno}, such as {@code ENOMEM}; {@code errno 4711} if it has none.
     */
    public static String name(int errno) {
        return errno > 0 && errno < NAMES.length && !NAMES[errno].isEmpty()
                ? NAMES[errno]
                : "errno " + errno;
    }

    private static String[] names() {
        // By number from 0; an empty name is a number that Linux does not use.
        String byNumber =
                """
                - EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG
                ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK
                EBUSY EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE
                EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK
                EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY
                ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST
                ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO
                EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR
                ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO
                EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC
                ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS
                ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP
                EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED
                ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED
                EHOSTDOWN EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL
                EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY EKEYEXPIRED
                EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
                """;
        String[] names = byNumber.strip().split("\\s+");
        for (int errno = 0; errno < names.length; errno++) {
            names[errno] = names[errno].equals("-") ? "" : names[errno];
        }
        return names;
    }
}
