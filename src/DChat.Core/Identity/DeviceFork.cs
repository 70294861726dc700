namespace DChat.Core.Identity;

/// <summary>Entries that follow the same one: somebody signed both, or two devices did not know of each other.</summary>
/// <param name="Sequence">Their sequence.</param>
/// <param name="Entries">The entries, by id ascending: two or more.</param>
/// <param name="Kept">The one that counts by the recovery key's word; null while the fork is not settled.</param>
public sealed record DeviceFork(ulong Sequence, IReadOnlyList<DeviceEntryId> Entries, DeviceEntryId? Kept)
{
    /// <summary>Whether the recovery key has said which counts.</summary>
    public bool IsSettled => Kept is not null;
}
