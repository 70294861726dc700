namespace DChat.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    /// <summary>It was done; a tail that was interrupted has done its work too.</summary>
    public const int Ok = 0;

    /// <summary>It could not be done, and trying again will not help; one line on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the input makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>It could not be done now: the same command may succeed later.</summary>
    public const int NotNow = 3;

    /// <summary>Interrupted (128 + SIGINT) before it was done.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the output has left (128 + SIGPIPE), as <c>head</c> does.</summary>
    public const int OutputClosed = 141;
}
