namespace DChat.Silo.Hosting;

/// <summary>How the process ends; scripts and the service manager rely on the numbers.</summary>
internal static class ExitCode
{
    /// <summary>Asked to stop, and everything was drained.</summary>
    public const int Stopped = 0;

    /// <summary>A fault nobody foresaw, or a stop that took longer than its timeout.</summary>
    public const int Failed = 1;

    /// <summary>The configuration is wrong; starting again without a change will not help.</summary>
    public const int BadConfiguration = 2;

    /// <summary>A port or the data directory cannot be used: taken, out of reach or damaged.</summary>
    public const int CannotStart = 3;

    /// <summary>Aborted by a second Ctrl-C, as shells number it.</summary>
    public const int Aborted = 130;
}
