#!/bin/sh
# Runs a connector and keeps what was said in read and write: listen.sh DIR
# PROGRAM ARG... notes in DIR how it was called (calls), its files' modes
# (modes) and its streams (stdin, stdout; of the newest read or write only).
dir=$1
shift
all=$*
command=${all%% --config *}
arguments=${all#"$command"}
command=${command##* }
echo "$command$arguments" >>"$dir/calls"
case $command in
read | write)
	for word; do
		case $word in *.json) stat -c "%a %n" "$word" >>"$dir/modes" ;; esac
	done
	{
		if [ "$command" = write ]; then tee "$dir/stdin" | "$@"; else "$@"; fi
		echo $? >"$dir/code"
	} | tee "$dir/stdout"
	exit "$(cat "$dir/code")"
	;;
esac
exec "$@"
