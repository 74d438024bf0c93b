# Shows the named files and, in mode "w", replaces or deletes them.
#
# Arguments: nonce, mode (r or w), become (0 or 1), then one path each in the
# escapes of printf %b. script.go folds this file into one line, hence: comments
# on lines of their own, a separator at the end of each line, no single quote,
# no exclamation mark (csh), no backslash before a quote or a backslash (fish).
umask 077;
set -f;
LC_ALL=C;
export LC_ALL;
unset CDPATH IFS;
N=$1;
M=$2;
B=$3;
shift 3;
cd /;
U=$(id -u);
H=$(cd -P "${HOME:-/nonexistent}" 2>/dev/null && pwd -P) || H=;
[ "$H" = / ] && H=;
C=none;
command -v cksum >/dev/null 2>&1 && C=cksum;
command -v sha256sum >/dev/null 2>&1 && C=sha256sum;
L= W= K= Q= ok= n=0;

# Everything of ours on stdout starts with the nonce; the rest is noise.
say() { printf "%s %s\n" "$N" "$*"; };
fail() { say fail "$i" "$1"; printf "%s\n" "$e"; say end; exit 1; };

# Loads file $1: T physical path, D directory, A deepest directory that exists,
# R what is missing below A, s strict rules, t temporary file, g directories
# made; from the payload v verb, x mode or levels, y owner, o and w the original.
get() { i=$1; eval "T=\$T$i D=\$D$i A=\$A$i R=\$R$i s=\$s$i t=\$t$i g=\$g$i v=\$v$i x=\$x$i y=\$y$i o=\$o$i w=\$w$i"; };

# Undoes what was not finished: temporary files, directories made, the lock.
clean() {
  trap "" 1 2 15;
  for j in $L; do
    get "$j";
    [ -z "$t" ] || rm -f "$t";
    [ -z "$g" ] || (cd "$A" && rmdir -p -- "$R") 2>/dev/null;
  done;
  [ -z "$K" ] || rmdir "$K" 2>/dev/null;
  [ -z "$W" ] || kill "$W" 2>/dev/null;
};
trap clean 0;
trap "" 13;
trap "exit 1" 1 2 15;

# Frees the lock after 30 s, so that a client that vanished holds up nobody.
watch() {
  [ -z "$W" ] || kill "$W" 2>/dev/null;
  (exec >/dev/null 2>&1 </dev/null; trap - 0 1 2; k=0 p=;
    trap "kill \$p; exit" 15;
    while [ "$k" -lt 30 ] && kill -0 $$; do sleep 1 9>&- & p=$! ; wait "$p"; k=$((k+1)); done;
    flock -u 9; kill -TERM -$$ || kill -TERM $$) &
  W=$! ;
};

# One writer per account and host: flock on the home directory leaves no file
# behind; a directory stands in where there is no flock. Q is set when held.
lock() {
  [ -n "$H" ] && [ -r "$H" ] || return 0;
  exec 9<"$H";
  watch;
  if command -v flock >/dev/null 2>&1; then
    flock -x 9 2>/dev/null && Q=1;
  else
    q=$H/.es.lock;
    until mkdir "$q" 2>/dev/null && K=$q Q=1; do
      [ -d "$q" ] || break;
      find "$q" -prune -mmin +1 -exec rmdir "{}" ";" 2>/dev/null;
      sleep 1;
    done;
  fi;
  watch;
};

# Removes temporary files of transactions that were killed.
sweep() {
  set +f;
  for f in "$D"/.es.tmp.??????????; do
    [ -f "$f" ] && [ -O "$f" ] || continue;
    if [ -n "$Q" ]; then rm -f "$f"; else find "$f" -prune -mmin +1 -exec rm -f "{}" ";" 2>/dev/null; fi;
  done;
  set -f;
};

# Holds if every directory from $1 up belongs to root and nobody else can write there:
# less lets a user redirect what root writes.
rooted() {
  z=$1;
  while :; do
    set -- $(ls -ldn "$z/.");
    case $1 in d????w*|d???????w*) return 1;; d*) ;; *) return 1;; esac;
    [ "$3" = 0 ] || return 1;
    [ -n "$z" ] || return 0;
    z=${z%/*};
  done;
};
within() { [ -n "$H" ] || return 1; case $1 in "$H"/*) return 0;; esac; return 1; };

# Resolves p as far as the rules allow into A, R, D, T, s; kind names a refusal.
# Links count only inside the home directory, and never with sudo or for root
# outside its home.
locate() {
  kind= s= h= l=0;
  within "$p" && h=1;
  [ "$B" = 1 ] && s=1;
  [ "$U" = 0 ] && [ -z "$h" ] && s=1;
  while :; do
    d=${p%/*};
    A=${d:-/};
    R=;
    until [ -d "$A" ]; do
      if [ -e "$A" ] || [ -L "$A" ]; then kind=notdir; return; fi;
      R=${A##*/}${R:+/$R};
      A=${A%/*};
      A=${A:-/};
    done;
    [ "$l" = 0 ] || [ -z "$R" ] || { kind=link; return; };
    A=$(cd -P "$A" 2>/dev/null && pwd -P) || { kind=denied; return; };
    D=${A%/}${R:+/$R};
    T=$D/${p##*/};
    if [ -n "$s" ]; then
      [ "$D" = "$d" ] || kind=link;
      [ -L "$T" ] && kind=link;
      [ "$U" = 0 ] && { rooted "${A%/}" || kind=${kind:-unsafe}; };
      return;
    fi;
    if [ -n "$h" ]; then within "$T" || { kind=outside; return; }; fi;
    [ -L "$T" ] || return;
    within "$T" || { kind=outside; return; };
    l=$((l+1));
    [ "$l" -le 8 ] && f=$(readlink "$T") || { kind=link; return; };
    case $f in /*) p=$f;; *) p=$D/$f;; esac;
    h=1;
  done;
};

# Prints what is known of the file and, if it is one we edit, its content.
show() {
  if [ -n "$kind" ]; then :;
  elif [ -f "$T" ]; then kind=file; [ -r "$T" ] || kind=denied;
  elif [ -d "$T" ]; then kind=dir;
  elif [ -e "$T" ]; then kind=other;
  else kind=none; [ -x "$A" ] || kind=denied;
  fi;
  [ "$kind" = file ] && { z=$(wc -c <"$T"); [ "$((z))" -le 1048576 ] || kind=big; };
  say file "$kind";
  say path "$T";
  say miss "$R";
  case $kind in file|big|dir|other) say num $(ls -ldn "$T"); say nam $(ls -ld "$T");; esac;
  [ "$kind" = file ] || return;
  say data;
  cat "$T" 2>/dev/null;
  z=$?;
  printf "\n";
  say end "$z";
};

# Holds if the file still is what the client saw and decided upon.
same() {
  if [ -n "$s" ]; then
    [ "$(cd -P "$A" && pwd -P)" = "$A" ] || return 1;
    [ "$U" = 0 ] && { rooted "${A%/}" || return 1; };
  fi;
  [ -L "$T" ] && return 1;
  if [ "$o" = none ]; then [ -e "$T" ] && return 1; return 0; fi;
  [ -f "$T" ] || return 1;
  set -- $("$C" <"$T") $(ls -ldn "$T");
  [ "$1:$2" = "$o" ] && [ "$3,$5,$6" = "$w" ];
};

# Takes the new content of file i, l bytes of stdin, into a temporary file.
receive() {
  [ -z "$R" ] || { g=1; eval "g$i=1"; };
  e=$( { [ -d "$D" ] || { cd "$A" && mkdir -p -- "$R"; }; } 2>&1) || fail mkdir;
  e=$(mktemp "$D/.es.tmp.XXXXXXXXXX" 2>&1) || fail create;
  t=$e;
  eval "t$i=\$t";
  e=$( { [ "$l" = 0 ] || dd ibs=1 obs=65536 count="$l" >"$t"; } 2>&1) || fail write;
  z=$(wc -c <"$t");
  [ "$((z))" = "$l" ] || exit 1;
  read -r z || exit 1;
};

# Everything about the temporary file that can fail, before the first rename.
prepare() {
  [ "$y" = - ] || e=$(chown -- "$y" "$t" 2>&1) || fail owner;
  e=$(chmod "$x" "$t" 2>&1) || fail mode;
  e=$(dd if=/dev/null of="$t" conv=notrunc,fsync 2>&1) || case $e in *nvalid*|*nknown*) sync;; *) fail flush;; esac;
};
replace() {
  e=$(mv -f -- "$t" "$T" 2>&1) || fail rename;
  eval "t$i= g$i=";
  command -v restorecon >/dev/null 2>&1 && restorecon "$T" >/dev/null 2>&1;
  sync -d "$D" 2>/dev/null;
  say done "$i" 0;
};
remove() {
  e=$(rm -f -- "$T" 2>&1) || fail delete;
  z=0;
  while [ "$z" -lt "$x" ] && rmdir -- "$D" 2>/dev/null; do z=$((z+1)); D=${D%/*}; done;
  say done "$i" "$z";
};

printf "\n";
say hello 1 "$U" "$C" "$H";
[ "$M" = w ] && lock;
for p do
  n=$((n+1));
  p=$(printf %bx "$p");
  p=${p%x};
  A= R= D= T= s= kind=;
  case $p in
    "~/"*) [ -n "$H" ] && p=$H/${p#??} || kind=nohome;;
    "${HOME:-/nonexistent}"/*) [ -n "$H" ] && p=$H/${p#"$HOME"/};;
  esac;
  [ -n "$kind" ] || locate;
  [ "$M" = w ] && [ -z "$kind$R" ] && sweep;
  show;
  eval "T$n=\$T D$n=\$D A$n=\$A R$n=\$R s$n=\$s t$n= g$n=";
done;
say ready;
[ "$M" = w ] || exit 0;

while IFS= read -r z; do case $z in "$N go") ok=0; break;; esac; done;
[ -n "$ok" ] || exit 1;
while read -r i v x y o w l; do
  case $i in "$N") ok=1; break;; esac;
  eval "v$i=\$v x$i=\$x y$i=\$y o$i=\$o w$i=\$w";
  get "$i";
  L="$L $i";
  [ "$v" = w ] && receive;
done;
[ "$ok" = 1 ] || exit 1;
for j in $L; do
  get "$j";
  same || { say stale "$i"; exit 1; };
  [ "$v" = w ] && prepare;
done;
for j in $L; do
  get "$j";
  same || { say stale "$i"; exit 1; };
  if [ "$v" = w ]; then replace; else remove; fi;
done;
say bye;
exit 0;
