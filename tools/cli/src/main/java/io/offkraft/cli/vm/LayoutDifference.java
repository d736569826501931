// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.cli.vm;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * Where the layout of a space is not what it must be.
 *
 * @param recordedAddress the first such address, in the recording
 * @param address the same in the space
 * @param model what the model says is there
 * @param space what the space says
 * @param kernel what the kernel says
 * @param line the line of the last call about the page, from 1; 0 if there was none
 * @param pages how many pages differ
 */
@JsonPropertyOrder({"recordedAddress", "address", "model", "space", "kernel", "line", "pages"})
public record LayoutDifference(
        String recordedAddress,
        String address,
        String model,
        String space,
        String kernel,
        int line,
        int pages) {
    @Override
    public String toString() {
        return ("the layouts differ in %d pages, first at %s (%s in the recording; last call about"
                        + " it: line %d): the model says %s, the space %s, the kernel %s")
                .formatted(pages, address, recordedAddress, line, model, space, kernel);
    }
}
