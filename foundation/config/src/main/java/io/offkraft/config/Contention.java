// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.config;

/** How many CPUs are expected to want the same structure at once. */
public enum Contention {
    /** Few: the choices that are fastest alone. */
    LOW,
    /** Many: the choices that hold their speed when shared. */
    HIGH
}
