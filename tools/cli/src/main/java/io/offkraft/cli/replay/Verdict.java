// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.replay;

import org.jspecify.annotations.Nullable;

/**
 * What a verification came to.
 *
 * @param overlaps blocks that shared bytes with another live block
 * @param corruptions blocks whose content, zeroes or alignment were not as promised
 * @param misuses correct calls that the allocator rejected
 * @param leaks blocks that the allocator counts as live after all were freed; null if it does not
 *     count
 * @param leftOver blocks that the program never freed, which the replay freed at the end
 */
public record Verdict(
        long overlaps, long corruptions, long misuses, @Nullable Long leaks, long leftOver) {
    /** Returns whether nothing was found. */
    public boolean isClean() {
        return overlaps == 0 && corruptions == 0 && misuses == 0 && (leaks == null || leaks == 0);
    }
}
