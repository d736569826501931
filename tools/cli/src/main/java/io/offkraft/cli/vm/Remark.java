// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * Something that is not replayed, or not just as it was recorded.
 *
 * @param what its name, and what becomes of it
 * @param count how often
 * @param firstLine where first, from 1
 */
@JsonPropertyOrder({"what", "count", "firstLine"})
public record Remark(String what, int count, int firstLine) {}
