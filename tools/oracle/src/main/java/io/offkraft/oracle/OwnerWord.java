// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.oracle;

/**
 * Who owns a block, packed into one word for {@link ShadowMap}: an object and the site that claimed
 * it.
 *
 * <pre>
 *  63          32 31           0
 * +--------------+--------------+
 * |  object + 1  |     site     |     0 = nobody
 * +--------------+--------------+
 * </pre>
 *
 * <p>The site is whatever tells the user where the claim came from: a record of a trace, a step of
 * a test.
 */
public final class OwnerWord {
    /** The word of memory that nobody owns. */
    public static final long NOBODY = 0;

    private static final int OBJECT_SHIFT = 32;

    private OwnerWord() {}

    /**
     * Returns the word for {@code object} as claimed at {@code site}, never {@link #NOBODY}.
     *
     * @throws IllegalArgumentException if either is negative, or the object is {@link
     *     Integer#MAX_VALUE}
     */
    public static long of(int object, int site) {
        if (object < 0 || object == Integer.MAX_VALUE || site < 0) {
            throw new IllegalArgumentException(
                    "object must be in [0, %d) and site not negative: %d, %d"
                            .formatted(Integer.MAX_VALUE, object, site));
        }
        return (long) (object + 1) << OBJECT_SHIFT | site;
    }

    /** Returns the object of {@code word}, which is not {@link #NOBODY}. */
    public static int object(long word) {
        assert word != NOBODY;
        return (int) (word >>> OBJECT_SHIFT) - 1;
    }

    /** Returns the site of {@code word}, which is not {@link #NOBODY}. */
    public static int site(long word) {
        assert word != NOBODY;
        return (int) word;
    }
}
