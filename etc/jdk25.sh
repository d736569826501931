# SPDX-License-Identifier: BSD-3-Clause
# Sourced by ./build and ./offkraft: finds a JDK 25 or later and exports JAVA_HOME, or says in one line what to install.
# Order: JAVA_HOME if it fits; the JDKs that Maven's toolchains.xml names; java on the PATH; the usual folders, lowest
# fitting version first.

offkraft_min_jdk=25

# Prints the feature version of the JDK in folder $1, from its release file; nothing if it is no JDK.
offkraft_jdk_version() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9][0-9]*\).*/\1/p' "$1/release"
}

offkraft_jdk_fits() {
    version=$(offkraft_jdk_version "$1")
    [ -n "$version" ] && [ "$version" -ge "$offkraft_min_jdk" ]
}

offkraft_toolchain_jdks() {
    [ -r "$HOME/.m2/toolchains.xml" ] || return 0
    sed -n 's:.*<jdkHome>\(.*\)</jdkHome>.*:\1:p' "$HOME/.m2/toolchains.xml"
}

offkraft_path_jdk() {
    java=$(command -v java) || return 0
    java=$(readlink -f "$java") || return 0
    dirname "$(dirname "$java")"
}

# Prints "version folder" of each JDK in the usual places.
offkraft_usual_jdks() {
    for home in ${OFFKRAFT_JDK_FOLDERS:-/usr/lib/jvm/* /opt/* /opt/java/* /usr/java/* /usr/local/java/* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.jenv/versions/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home}; do
        version=$(offkraft_jdk_version "$home")
        [ -n "$version" ] && printf '%s %s\n' "$version" "$home"
    done
}

offkraft_find_jdk() {
    if [ -n "${JAVA_HOME:-}" ] && offkraft_jdk_fits "$JAVA_HOME"; then
        return 0
    fi
    found=$(
        {
            offkraft_toolchain_jdks
            offkraft_path_jdk
            offkraft_usual_jdks | sort -n -k1,1 -s | cut -d' ' -f2-
        } | while IFS= read -r home; do
            if offkraft_jdk_fits "$home"; then
                printf '%s\n' "$home"
                break
            fi
        done
    )
    if [ -z "$found" ]; then
        echo "offkraft: needs a JDK $offkraft_min_jdk or later and found none in JAVA_HOME, ~/.m2/toolchains.xml, PATH or" \
            "the usual folders: install one, such as Temurin $offkraft_min_jdk, or set JAVA_HOME" >&2
        return 2
    fi
    JAVA_HOME=$found
    export JAVA_HOME
}

offkraft_need_maven() {
    command -v mvn >/dev/null 2>&1 && return 0
    echo "offkraft: needs Maven 3.8.7 or later to build: install it (Debian and Ubuntu: apt install maven)" >&2
    return 2
}

# Keeps JDK 25 from warning about what Maven's own libraries do.
offkraft_maven_options() {
    MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
    export MAVEN_OPTS
}
