# shellcheck shell=sh
# Tells a user of the hub whose home holds an older login that it hides the hub's, and never ends badly.
for file in "$HOME"/.earthscope/*/tokens.json; do
  if [ -n "${ES_BOOTSTRAP_SETTINGS:-}" ] && [ -e "$file" ] && [ -z "$(find "$file" -mmin -1440)" ]; then
    {
      echo "$file is older than a day and outranks what this hub gives you."
      echo "Remove it with: es logout"
    } >"$HOME/EARTHSCOPE-LOGIN-IS-OLD.txt"
  fi
done
exit 0
