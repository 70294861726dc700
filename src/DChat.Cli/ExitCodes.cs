namespace DChat.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    /// <summary>It was done; a tail that was interrupted has done its work too.</summary>
    public const int Ok = 0;

    /// <summary>It could not be done; one line on standard error says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>Interrupted (128 + SIGINT) before it was done.</summary>
    public const int Interrupted = 130;
}
