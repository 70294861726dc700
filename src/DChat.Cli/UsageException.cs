namespace DChat.Cli;

/// <summary>What the user typed or piped in cannot be meant that way: nothing was done with it. Ends with <see cref="ExitCodes.Usage"/>.</summary>
internal sealed class UsageException(string code, string message) : Exception(message)
{
    /// <summary>The stable code: lower case with hyphens.</summary>
    public string Code { get; } = code;
}
