#!/bin/sh
# One night of bulkcase, for what starts commands and has no use for their exit codes, as cron.
#
#     nightly.sh JOB --new         every night anew: the file of tonight has the truth
#     nightly.sh JOB --continue    a migration over many nights: each goes on with the rest of the one before
#
# Further options go to `bulkcase run` as they are (--input, --reports, --state). From the environment:
#   BULKCASE_LOGS            folder for two files a night: JOB-DATE-TIME.log (JSON lines) and .json (the summary);
#                            without it they go to standard error and standard output
#   BULKCASE_KEEP            days after which these files are deleted; default 30
#   BULKCASE_WAIT            seconds until a second try where another command is at work; default 1800; 0: none
#   BULKCASE_ROWS            exit code of a finished night with rows that need a person; default 1;
#                            0 where somebody else tells about them, such as [notify]
#   KORE_CLIENT_SECRET_FILE  file with the secret, for a job that says "env:KORE_CLIENT_SECRET"
#
# A night without a problem says nothing, so that cron sends no mail. Exit codes:
#   0                  finished; or not finished, and the next night goes on (bulkcase's 5)
#   1                  finished, and rows need a person
#   2 3 4 6 130 ...    alarm, with bulkcase's own number

umask 077
exec 3>&2
say() { echo "bulkcase $job: $*" >&3; }

job=${1:?"usage: nightly.sh JOB --new|--continue [options of bulkcase run]"}
files=
if [ -n "$BULKCASE_LOGS" ]; then
    name=$(basename "$job" .toml)
    files=$BULKCASE_LOGS/$name-$(date +%Y%m%d-%H%M%S)
    if ! mkdir -p "$BULKCASE_LOGS" || ! : >"$files.log"; then
        say "ALARM: $BULKCASE_LOGS cannot be written to: nothing was started"
        exit 6
    fi
    find "$BULKCASE_LOGS" -type f \( -name "$name-*.log" -o -name "$name-*.json" \) \
        -mtime +"${BULKCASE_KEEP:-30}" -exec rm -f {} +
    exec >"$files.json" 2>>"$files.log"
fi
if [ -n "$KORE_CLIENT_SECRET_FILE" ]; then
    if ! KORE_CLIENT_SECRET=$(cat "$KORE_CLIENT_SECRET_FILE"); then
        say "ALARM: $KORE_CLIENT_SECRET_FILE cannot be read: nothing was started"
        exit 2
    fi
    export KORE_CLIENT_SECRET
fi

# A signal is handed on: a shell would keep it to itself, in a container for good.
told=
trap 'told=yes; kill -TERM $! 2>/dev/null || exit 130' HUP INT TERM

attend() {
    "$@" &
    wait $!
    code=$?
    while [ -n "$told" ]; do # it ended the wait, and not yet the command
        told=
        wait $!
        code=$?
    done
}

attend bulkcase run "$@" --yes --json --log-format json
if [ "$code" -eq 4 ] && [ "${BULKCASE_WAIT:-1800}" -gt 0 ]; then
    attend sleep "${BULKCASE_WAIT:-1800}"
    [ "$code" -eq 0 ] || exit 130
    attend bulkcase run "$@" --yes --json --log-format json
fi

ended=$code
if [ "$code" -eq 1 ] && [ -n "$files" ] && [ ! -s "$files.json" ]; then
    code='1 and no summary' # as Python itself ends, where the installation is broken
fi
case $code in
    0) exit 0 ;;
    1) say "finished, and rows need a person: see failed.csv in its report"; ended=${BULKCASE_ROWS:-1} ;;
    2) say "ALARM: command line, job, input or credentials are unusable (2): nothing was sent" ;;
    3) say "ALARM: stopped by a safety rule or by the server (3): mend the cause, then resume" ;;
    4) say "ALARM: another command is still at work on this target (4): nothing was sent" ;;
    5) say "not finished: out of hours, the rest is pending"; ended=0 ;;
    6) say "ALARM: the disk, the ledger or bulkcase failed (6): mend the cause, then resume" ;;
    130) say "ALARM: interrupted (130): the rest is pending" ;;
    *) say "ALARM: ended with $code, which is no exit code of bulkcase: was it killed, is it installed?" ;;
esac
if [ -n "$files" ]; then
    say "the last lines of $files.log:"
    tail -n 3 "$files.log" >&3
fi
exit "$ended"
