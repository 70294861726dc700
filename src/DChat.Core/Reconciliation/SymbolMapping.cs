namespace DChat.Core.Reconciliation;

/// <summary>
/// The symbols that an item is in, in order: the first of all, then each symbol i with a chance of 1 / (1 + i / 2), in jumps drawn from
/// the item's hash. The numbers are those of the authors' implementation (yangl1996/riblt), in IEEE arithmetic that is the same
/// everywhere.
/// </summary>
/// <param name="hash">The item's hash.</param>
internal struct SymbolMapping(ulong hash)
{
    private const ulong Multiplier = 0xda942042e4dd58b5;
    private const double TwoTo32 = 4_294_967_296;

    private ulong _state = hash;

    /// <summary>The symbol; <see cref="int.MaxValue"/> is beyond any that is made.</summary>
    public int Index { get; private set; }

    /// <summary>Goes on to the next symbol.</summary>
    public void Next()
    {
        _state *= Multiplier;
        var next = Index + Math.Ceiling((Index + 1.5) * ((TwoTo32 / Math.Sqrt(_state + 1d)) - 1));
        Index = next < int.MaxValue ? (int)next : int.MaxValue;
    }
}
