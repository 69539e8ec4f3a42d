# Reads what `ctest --verbose` prints; shows one line a test, the output of those that failed, and
# writes "passed failed skipped" to the file named by -v counts=, in test cases.
#
# ctest counts programs, people count cases: Criterion's closing line and the last lines of a
# node:test report say how many cases a program had. A program that says nothing is one case. One
# that ctest calls failed has at least one failed case, whatever it says of itself: it may have
# passed its cases and then leaked, hung or crashed.

function number_after(word, line) {
    sub(".*" word "[^0-9]*", "", line)
    return line + 0
}

# The status word of a result line, without the time: Passed, Failed, Timeout, Skipped, Not Run …
function status_of(line) {
    sub(/^[^:]*: [^ ]+ [ .*]+/, "", line)
    sub(/ +[0-9.]+ sec.*/, "", line)
    return line
}

function show(word, name, cases, line) {
    match(line, /[0-9.]+ sec/)
    printf "%-8s %-8s %-28s %5d  %8s\n", build, word, name, cases, substr(line, RSTART, RLENGTH)
    fflush()
}

# A line of a test's own output: "12: text".
/^[0-9]+: / {
    id = $1 + 0
    line = substr($0, index($0, ": ") + 2)
    gsub(/\033\[[0-9;]*m/, "", line)
    if (line ~ /Synthesis: Tested:/) {
        passed[id] += number_after("Passing:", line)
        failed[id] += number_after("Failing:", line) + number_after("Crashing:", line)
        has_counts[id] = 1
    } else if (line ~ /^(#|ℹ) (pass|fail|cancelled|skipped|todo) [0-9]+$/) {
        split(line, word, " ")
        if (word[2] == "pass") {
            passed[id] += word[3]
        } else if (word[2] == "fail" || word[2] == "cancelled") {
            failed[id] += word[3]
        } else {
            skipped[id] += word[3]
        }
        has_counts[id] = 1
    }
    output[id] = output[id] line "\n"
    next
}

# A test's result: "3/17 Test #12: name ....   Passed    0.01 sec".
/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: / {
    id = number_after("Test +#", $0)
    name = $0
    sub(/^[^:]*: /, "", name)
    sub(/ .*/, "", name)
    status = status_of($0)
    if (status ~ /^Passed/) {
        if (!has_counts[id]) {
            passed[id] = 1
        }
    } else if (status ~ /^(Skipped|Not Run \(Disabled\))/) {
        passed[id] = failed[id] = 0
        skipped[id] = 1
    } else if (!failed[id]) {
        failed[id] = 1
    }
    is_failed = failed[id] > 0
    show(is_failed ? "FAILED" : status ~ /^Passed/ ? "passed" : "skipped", name,
         passed[id] + failed[id] + skipped[id], $0)
    if (is_failed || status !~ /^Passed/) {
        printf "%s", output[id]
    }
    if (is_failed) {
        print "^^^ " name ": " status
    }
    total_passed += passed[id]
    total_failed += failed[id]
    total_skipped += skipped[id]
    delete output[id]
    next
}

# What ctest itself has to say when it goes wrong.
/^(CMake Error|No tests were found|Errors while running|ctest: )/ && !/Errors while running CTest/ {
    print
}

END {
    print total_passed + 0, total_failed + 0, total_skipped + 0 > counts
}
