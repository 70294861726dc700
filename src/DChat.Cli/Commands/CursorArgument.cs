using System.CommandLine;
using DChat.Core.Shards;

namespace DChat.Cli.Commands;

/// <summary>An option that takes a cursor as other verbs print it.</summary>
internal static class CursorArgument
{
    public static Option<LogPosition?> Option(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "cursor",
        CustomParser = result =>
        {
            if (LogPosition.TryParse(result.Tokens[0].Value, out var cursor))
            {
                return cursor;
            }

            result.AddError($"{name} takes a cursor as fetch and tail print it, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };
}
