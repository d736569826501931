// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

/** Whether an area that has no room to grow may get another address. */
public enum Moving {
    /** It stays where it is, or does not grow. */
    REFUSED,
    /** It may be moved, contents and all. */
    ALLOWED
}
