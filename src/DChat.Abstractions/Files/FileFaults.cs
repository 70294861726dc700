namespace DChat.Abstractions.Files;

/// <summary>Tells the faults of files apart that people must mend in different ways.</summary>
public static class FileFaults
{
    private const int SharingViolationWindows = unchecked((int)0x80070020);
    private const int WouldBlockLinux = 11; // EWOULDBLOCK
    private const int WouldBlockMacOS = 35;

    /// <summary>Whether a file could not be opened because another process has it exclusively.</summary>
    public static bool IsLocked(IOException fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return fault.HResult is SharingViolationWindows or WouldBlockLinux or WouldBlockMacOS;
    }
}
