namespace DChat.Storage.Files;

/// <summary>Tells a full disk, which passes, from a broken one.</summary>
internal static class DiskFull
{
    /// <summary>ENOSPC, the same number on Linux and macOS.</summary>
    public const int NoSpace = 28;

    private const int QuotaLinux = 122; // EDQUOT
    private const int QuotaMacOS = 69;
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);
    private const int DiskFullWindows = unchecked((int)0x80070070);

    /// <summary>Whether the disk or the quota is used up.</summary>
    public static bool Is(IOException exception) =>
        exception.HResult is NoSpace or QuotaLinux or QuotaMacOS or HandleDiskFullWindows or DiskFullWindows;
}
