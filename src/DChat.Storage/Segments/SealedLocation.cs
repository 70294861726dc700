namespace DChat.Storage.Segments;

/// <summary>Where a sealed message is: the place of its segment in a set (upper 24 bits), and the offset of its envelope there (lower 40).</summary>
internal static class SealedLocation
{
    private const int SlotShift = 40;
    private const ulong OffsetMask = (1UL << SlotShift) - 1;

    public static ulong Of(int slot, long offset) => ((ulong)slot << SlotShift) | (ulong)offset;

    public static int SlotOf(ulong location) => (int)(location >> SlotShift);

    public static long OffsetOf(ulong location) => (long)(location & OffsetMask);
}
