namespace DChat.Abstractions.Files;

/// <summary>Tells the faults of files apart that people must mend in different ways.</summary>
public static class FileFaults
{
    private const int SharingViolationWindows = unchecked((int)0x80070020);
    private const int WouldBlockLinux = 11; // EWOULDBLOCK
    private const int WouldBlockMacOS = 35;
    private const int NoSpace = 28; // ENOSPC, the same number on Linux and macOS.
    private const int QuotaLinux = 122; // EDQUOT
    private const int QuotaMacOS = 69;
    private const int HandleDiskFullWindows = unchecked((int)0x80070027);
    private const int DiskFullWindows = unchecked((int)0x80070070);
    private const int ReadOnlyFileSystem = 30; // EROFS, the same number on Linux and macOS.

    /// <summary>Whether a file could not be opened because another process has it exclusively.</summary>
    public static bool IsLocked(IOException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault.HResult is SharingViolationWindows or WouldBlockLinux or WouldBlockMacOS;
    }

    /// <summary>Whether the disk or the quota is used up, which passes, rather than broken.</summary>
    public static bool IsDiskFull(IOException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault.HResult is NoSpace or QuotaLinux or QuotaMacOS or HandleDiskFullWindows or DiskFullWindows;
    }

    /// <summary>Whether the file system can only be read.</summary>
    public static bool IsReadOnly(IOException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault.HResult is ReadOnlyFileSystem;
    }

    /// <summary>What to tell a user of a file or directory that the system does not let us use: the path, why, and what to do.</summary>
    public static string Describe(string path, Exception fault) => fault switch
    {
        IOException io when IsReadOnly(io) => $"{path} cannot be written: its file system is read-only. Use a directory that can be written.",
        IOException io when IsDiskFull(io) => $"{path} cannot be written: its disk is full. Free some space.",
        UnauthorizedAccessException => $"{path} may not be read or written by this user: change its owner or mode, or use another directory.",
        _ => $"{path} cannot be used: {fault?.Message}",
    };
}
