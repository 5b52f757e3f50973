# Checks the manifests and makes the plan, as a comment's text and as a page. Reads DIRECTORY; writes three outputs of its step.
set -euo pipefail
made="$RUNNER_TEMP/contentsync"
mkdir -p "$made"
code=0
token=$(python -c "import secrets; print(secrets.token_hex())")
echo "::stop-commands::$token"  # what follows shows text of manifests, in which GitHub looks for commands
contentsync -C "$DIRECTORY" validate || code=$?
contentsync -C "$DIRECTORY" plan --no-refresh --markdown --html "$made/plan.html" > "$made/comment.md" || code=$?
echo "::$token::"
[ -s "$made/comment.md" ] || echo "The plan can't be made: the log of this check shows why." > "$made/comment.md"
{ echo "comment=$made/comment.md"; echo "page=$made/plan.html"; echo "code=$code"; } >> "$GITHUB_OUTPUT"
