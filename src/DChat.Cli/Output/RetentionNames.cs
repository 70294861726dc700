using DChat.Core.Envelopes;

namespace DChat.Cli.Output;

/// <summary>Retention classes as they are typed and printed.</summary>
internal static class RetentionNames
{
    private static readonly (string Name, RetentionClass Class)[] Names =
    [
        ("1d", RetentionClass.OneDay),
        ("7d", RetentionClass.SevenDays),
        ("30d", RetentionClass.ThirtyDays),
        ("365d", RetentionClass.OneYear),
        ("permanent", RetentionClass.Permanent),
    ];

    /// <summary>All names, shortest retention first.</summary>
    public static string[] All => Array.ConvertAll(Names, entry => entry.Name);

    public static RetentionClass Parse(string name) => Array.Find(Names, entry => entry.Name == name).Class;

    public static string Of(RetentionClass retention) => Array.Find(Names, entry => entry.Class == retention).Name;
}
