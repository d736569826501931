// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.vmem;

import io.offkraft.platform.SystemCalls;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** System calls of which a test takes some over, or which it watches. */
final class ScriptedSystemCalls {
    private ScriptedSystemCalls() {}

    /** Sees every call before the operating system does. */
    @FunctionalInterface
    interface Script {
        /** Returns whether the call is dealt with; if not, it goes on to the operating system. */
        boolean dealsWith(String call, Object[] arguments);
    }

    /** Sees every call that succeeded. */
    @FunctionalInterface
    interface Watcher {
        /** Is told of the call and its result; the result of {@code void} is {@code ""}. */
        void succeeded(String call, Object[] arguments, Object result);
    }

    /** Returns calls to {@code beneath} except for those that {@code script} deals with. */
    static SystemCalls over(SystemCalls beneath, Script script) {
        return proxy((proxy, method, arguments) ->
                script.dealsWith(method.getName(), arguments)
                        ? null
                        : passOn(beneath, method, arguments));
    }

    /** Returns calls to {@code beneath} that {@code watcher} is told of. */
    static SystemCalls watching(SystemCalls beneath, Watcher watcher) {
        return proxy((proxy, method, arguments) -> {
            final Object result = passOn(beneath, method, arguments);
            watcher.succeeded(method.getName(), arguments, result == null ? "" : result);
            return result;
        });
    }

    private static SystemCalls proxy(InvocationHandler handler) {
        return (SystemCalls)
                Proxy.newProxyInstance(
                        ScriptedSystemCalls.class.getClassLoader(),
                        new Class<?>[] {SystemCalls.class},
                        handler);
    }

    private static Object passOn(SystemCalls beneath, Method method, Object[] arguments)
            throws Throwable {
        try {
            return method.invoke(beneath, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
