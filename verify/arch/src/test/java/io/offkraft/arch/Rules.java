// SPDX-License-Identifier: BSD-3-Clause
package io.offkraft.arch;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClass.Predicates;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The rules of the architecture. Each is made for a root package, so that the same rule that the
 * project must keep is one that the broken twins under {@code io.offkraft.arch.broken} must break.
 */
final class Rules {
    /**
     * The methods that java.lang.foreign and java.lang restrict: with a wrong argument they make
     * any later access undefined.
     */
    private static final Set<String> RESTRICTED =
            Set.of(
                    "java.lang.foreign.MemorySegment.reinterpret",
                    "java.lang.foreign.AddressLayout.withTargetLayout",
                    "java.lang.foreign.Linker.downcallHandle",
                    "java.lang.foreign.Linker.upcallStub",
                    "java.lang.foreign.SymbolLookup.libraryLookup",
                    "java.lang.ModuleLayer$Controller.enableNativeAccess",
                    "java.lang.Runtime.load",
                    "java.lang.Runtime.loadLibrary",
                    "java.lang.System.load",
                    "java.lang.System.loadLibrary");

    /** What links a method of the C library. */
    private static final Set<String> LINKING =
            Set.of(
                    "java.lang.foreign.Linker",
                    "java.lang.foreign.SymbolLookup",
                    "java.lang.foreign.FunctionDescriptor");

    /** Methods of handles and atomic objects that are read-modify-writes, or full fences. */
    private static final Pattern ATOMIC =
            Pattern.compile(
                    "(weakC|c)ompareAnd(Set|Exchange)\\w*|getAnd\\w+|\\w+AndGet|add|increment|decrement"
                            + "|accumulate|fullFence|setVolatile");

    private Rules() {}

    /**
     * Each layer uses only those below it; and what is no layer (tests, benchmarks) is not used.
     */
    static ArchRule layersUseOnlyThoseBelow(String root) {
        return classes()
                .that(areIn(root))
                .should(
                        new ArchCondition<JavaClass>("use only layers below their own") {
                            @Override
                            public void check(JavaClass user, ConditionEvents events) {
                                user.getDirectDependenciesFromSelf().stream()
                                        .filter(use -> !isAllowed(use, root))
                                        .forEach(use ->
                                                events.add(
                                                        SimpleConditionEvent.violated(
                                                                use, use.getDescription())));
                            }
                        })
                .because("the path of a request goes one way: heap, buddy, vmem, platform");
    }

    private static boolean isAllowed(Dependency use, String root) {
        String usedPackage = use.getTargetClass().getPackageName();
        if (!Layer.isIn(usedPackage, root)) {
            return true;
        }
        Optional<Layer> user = Layer.of(use.getOriginClass().getPackageName(), root);
        Optional<Layer> used = Layer.of(usedPackage, root);
        return user.isPresent() && used.isPresent() && user.get().mayUse(used.get());
    }

    /**
     * Only word and platform, and the native peers of the workloads, may call restricted methods.
     */
    static ArchRule onlyWordAndPlatformCallRestrictedMethods(String root) {
        return noClasses()
                .that(areIn(root).and(areOutside(root, "word", "platform", "workload.allocator")))
                .should()
                .accessTargetWhere(
                        DescribedPredicate.<JavaAccess<?>>describe(
                                "the method is restricted",
                                access ->
                                        RESTRICTED.contains(
                                                access.getTarget().getOwner().getName()
                                                        + "."
                                                        + access.getTarget().getName())))
                .because("memory is reached through RawMemory, the system through platform");
    }

    /** Only platform, and the native peers of the workloads, may link C functions. */
    static ArchRule onlyPlatformLinks(String root) {
        return noClasses()
                .that(areIn(root).and(areOutside(root, "platform", "workload.allocator")))
                .should()
                .dependOnClassesThat(
                        describe("link C functions", used -> LINKING.contains(used.getName())))
                .because("platform alone calls the operating system");
    }

    /** Nobody uses the internals of a JDK. */
    static ArchRule nobodyUsesInternals(String root) {
        return noClasses()
                .that(areIn(root))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("sun..", "jdk.internal..")
                .because("the memory side runs without Unsafe and --add-opens");
    }

    /** The run-time core looks nothing up by reflection. */
    static ArchRule coreUsesNoReflection(String root) {
        return noClasses()
                .that(areRunTime(root))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.reflect..")
                .orShould()
                .accessTargetWhere(
                        DescribedPredicate.<JavaAccess<?>>describe(
                                "the method looks up by reflection", Rules::isLookup))
                .because("what is called must be seen in the source");
    }

    private static boolean isLookup(JavaAccess<?> access) {
        return access.getTarget().getOwner().isEquivalentTo(Class.class)
                && access.getTarget()
                        .getName()
                        .matches("forName|newInstance|get(Declared)?(Method|Field|Constructor)s?");
    }

    /** The run-time core needs nothing but the JDK and the annotations of JSpecify. */
    static ArchRule coreDependsOnNothingElse(String root) {
        return classes()
                .that(areRunTime(root))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", root + "..")
                .because("a core library brings no library with it");
    }

    /** A type is named for what it is. */
    static ArchRule namesSayWhatATypeIs(String root) {
        return noClasses()
                .that(areIn(root))
                .should()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .because("such a name fits everything, and then holds it");
    }

    /** A shared field is accessed only by the class that owns it. */
    static ArchRule varHandlesArePrivate(String root) {
        return fields().that()
                .haveRawType(VarHandle.class)
                .and()
                .areDeclaredInClassesThat(areIn(root))
                .should()
                .bePrivate()
                .andShould()
                .beFinal()
                .because("the access modes of a field are the secret of one class");
    }

    /** A structure locks so that nothing is left of it with SMP off. */
    static ArchRule structuresLockByLocking(String root) {
        return noClasses()
                .that(areRunTime(root).and(areOutside(root, "sync", "lockfree")))
                .should()
                .accessTargetWhere(
                        DescribedPredicate.<JavaAccess<?>>describe(
                                "the method locks or unlocks",
                                access ->
                                        access.getTarget()
                                                .getFullName()
                                                .matches(
                                                        root
                                                                + ".sync.ExclusiveLock.(un)?lock\\(\\)")))
                .because("Locking leaves no instruction with SMP off, and the empty lock some");
    }

    /** Atomic operations and full fences are counted where they are executed, one by one. */
    static ArchRule atomicsAreCounted(String root) {
        return classes()
                .that(areRunTime(root))
                .should(
                        new ArchCondition<JavaClass>("count each atomic operation") {
                            @Override
                            public void check(JavaClass type, ConditionEvents events) {
                                type.getCodeUnits().stream()
                                        .filter(unit ->
                                                calls(unit, call -> isCount(call, root))
                                                        < calls(unit, Rules::isAtomic))
                                        .forEach(unit ->
                                                events.add(
                                                        SimpleConditionEvent.violated(
                                                                unit, unit.getDescription())));
                            }
                        })
                .because("what SharedAtomics does not see is not in the bound on atomics a call");
    }

    private static long calls(JavaCodeUnit unit, Predicate<JavaCall<?>> which) {
        return unit.getCallsFromSelf().stream().filter(which).count();
    }

    private static boolean isAtomic(JavaCall<?> call) {
        JavaClass owner = call.getTarget().getOwner();
        return (owner.isEquivalentTo(VarHandle.class)
                        || owner.getPackageName().equals("java.util.concurrent.atomic"))
                && ATOMIC.matcher(call.getTarget().getName()).matches();
    }

    private static boolean isCount(JavaCall<?> call, String root) {
        return call.getTarget().getFullName().equals(root + ".word.SharedAtomics.count()");
    }

    private static DescribedPredicate<JavaClass> areIn(String root) {
        return Predicates.resideInAPackage(root + "..");
    }

    private static DescribedPredicate<JavaClass> areRunTime(String root) {
        return describe(
                "belong to the run-time core",
                type ->
                        Layer.of(type.getPackageName(), root)
                                .map(Layer.RUN_TIME::contains)
                                .orElse(false));
    }

    private static DescribedPredicate<JavaClass> areOutside(String root, String... packages) {
        return describe(
                "are outside of " + String.join(", ", packages),
                type -> {
                    for (String name : packages) {
                        if (Layer.isIn(type.getPackageName(), root + "." + name)) {
                            return false;
                        }
                    }
                    return true;
                });
    }
}
