using System.CommandLine;
using System.Text;

namespace DChat.Cli.Parsing;

/// <summary>
/// Looks at the words before they are parsed. The parser takes an option it does not know for an argument, and so a mistyped
/// one would be published as the message.
/// </summary>
internal static class CommandLineCheck
{
    /// <summary>What is wrong with a command line, and the verb it was found at; null when the parser may have it.</summary>
    public static (string Problem, Command Verb)? Find(RootCommand root, IReadOnlyList<string> words)
    {
        // Long lines would make the search for the nearest name slow, and nobody types them.
        const int longestName = 64;

        List<Command> path = [root];
        for (var i = 0; i < words.Count && words[i] != "--"; i++)
        {
            var word = words[i];
            if (word.Length < 2 || word[0] != '-')
            {
                if (path[^1].Subcommands.Count == 0)
                {
                    continue;
                }

                if (path[^1].Subcommands.FirstOrDefault(verb => verb.Name == word) is not { } found)
                {
                    return ($"'{word}' is not a command of {NameOf(path)}.{Hint(word, path[^1].Subcommands.Select(verb => verb.Name))}", path[^1]);
                }

                path.Add(found);
                continue;
            }

            var end = word.IndexOfAny(['=', ':']);
            var name = end < 0 ? word : word[..end];
            var options = OptionsOf(path);
            if (options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name)) is not { } known)
            {
                var hint = name.Length > longestName ? "" : Hint(name, options.Select(option => option.Name));
                return ($"{NameOf(path)} has no option {name}.{hint}{TextHint(path)}", path[^1]);
            }

            if (known.Arity.MaximumNumberOfValues == 0)
            {
                continue;
            }

            var value = end >= 0 ? word[(end + 1)..] : i + 1 < words.Count ? words[++i] : "";
            if (value.Length == 0 || (end < 0 && value.Length > 1 && value[0] == '-'))
            {
                return ($"{name} takes a value, such as {name}={known.HelpName ?? "value"}, and there is none.", path[^1]);
            }
        }

        return words.Any(word => word.Contains(Rune.ReplacementChar.ToString(), StringComparison.Ordinal))
            ? ($"The command line has bytes that are no UTF-8 text, or the character U+FFFD that stands for such.{BytesHint(path)}", path[^1])
            : null;
    }

    /// <summary>How a verb is called, such as <c>dchat topic create</c>.</summary>
    public static string NameOf(IEnumerable<Command> path) => string.Join(' ', path.Select(command => command is RootCommand ? "dchat" : command.Name));

    private static List<Option> OptionsOf(List<Command> path) =>
        [.. path[^1].Options, .. path.SkipLast(1).SelectMany(command => command.Options).Where(option => option.Recursive)];

    private static string Hint(string typed, IEnumerable<string> words) =>
        Nearest.Of(typed, words) is { } nearest ? $" Do you mean {nearest}?" : "";

    private static string TextHint(List<Command> path) =>
        path[^1].Arguments.Count == 0 ? "" : " What begins with - and is no option goes after -- .";

    private static string BytesHint(List<Command> path) =>
        path[^1].Arguments.Count == 2 ? " Bytes are sent from standard input with --binary." : "";
}
