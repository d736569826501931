// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.sync;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;

/** A shared lock as the JDK's interface. */
record ReadWriteView(Lock readLock, Lock writeLock) implements ReadWriteLock {}
