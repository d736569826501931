# shellcheck shell=sh
# SPDX-License-Identifier: BSD-3-Clause
# Sourced by ./build and ./offkraft: finds a JDK 25 or later and exports JAVA_HOME, or says in one line what to install.
#
# JAVA_HOME wins if it fits. Otherwise the lowest fitting version does, among the JDKs that Maven's toolchains.xml names,
# the java on the PATH and the usual folders; of two with the same version the one found first, in that order. Lowest,
# because the project is built and tested with that one.
#
# OFFKRAFT_JDK_ROOT goes before the usual folders outside of the home folder. It is for the test (JdkDiscoveryTest in verify/arch),
# which must not see the JDKs of the machine that it runs on.

offkraft_min_jdk=25

# Prints the feature version of the JDK in folder $1; nothing if there is no JDK: a JRE cannot build.
offkraft_jdk_version() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release"
}

offkraft_toolchain_jdks() {
    [ -r "${HOME:-}/.m2/toolchains.xml" ] || return 0
    # An element a line first, so that it does not matter how the file is laid out.
    { tr '\n' ' ' <"$HOME/.m2/toolchains.xml" && echo; } | sed 's/<jdkHome>/\
<jdkHome>/g' | sed -n 's:^<jdkHome> *\([^<]*[^< ]\) *</jdkHome>.*:\1:p'
}

# The java on the PATH is a link into a JDK, or a script that starts one (jenv, asdf, mise): then ask it.
offkraft_path_jdk() {
    java=$(command -v java) || return 0
    home=$(dirname "$(dirname "$(readlink -f "$java")")")
    if [ ! -r "$home/release" ]; then
        home=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    fi
    printf '%s\n' "$home"
}

offkraft_usual_jdks() {
    jdk_root=${OFFKRAFT_JDK_ROOT:-}
    for home in "$jdk_root"/usr/lib/jvm/* "$jdk_root"/opt/* "$jdk_root"/opt/java/* "$jdk_root"/usr/java/* \
        "$jdk_root"/usr/local/java/* "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
        "${HOME:-}"/.jenv/versions/* "$jdk_root"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
        printf '%s\n' "$home"
    done
}

offkraft_find_jdk() {
    if [ -n "${JAVA_HOME:-}" ]; then
        version=$(offkraft_jdk_version "$JAVA_HOME")
        if [ "${version:-0}" -ge "$offkraft_min_jdk" ]; then
            export JAVA_HOME
            return 0
        fi
    fi
    found=$(
        {
            offkraft_toolchain_jdks
            offkraft_path_jdk
            offkraft_usual_jdks
        } | while IFS= read -r home; do
            version=$(offkraft_jdk_version "$home")
            if [ "${version:-0}" -ge "$offkraft_min_jdk" ]; then
                printf '%s %s\n' "$version" "$home"
            fi
        done | sort -s -n -k1,1 | sed -n '1s/^[0-9]* //p'
    )
    if [ -z "$found" ]; then
        echo "offkraft: needs a JDK $offkraft_min_jdk or later (looked in JAVA_HOME, ~/.m2/toolchains.xml, PATH, /usr/lib/jvm," \
            "/opt, /usr/java, ~/.sdkman, ~/.jdks, ~/.jenv); install Temurin $offkraft_min_jdk or set JAVA_HOME" >&2
        return 2
    fi
    JAVA_HOME=$found
    export JAVA_HOME
}

offkraft_need_maven() {
    command -v mvn >/dev/null 2>&1 && return 0
    echo "offkraft: needs Maven 3.8.7 or later to build, and there is no mvn on the PATH; install it" \
        "(Debian, Ubuntu: apt install maven)" >&2
    return 2
}

# Keeps JDK 25 from warning about what Maven's own libraries do. Not in .mvn/jvm.config: a Maven that someone starts by
# hand on Java 17 would not know these options, and stop before it could say which Java it needs.
offkraft_maven_options() {
    MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
    export MAVEN_OPTS
}
