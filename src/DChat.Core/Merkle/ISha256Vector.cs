using System.Diagnostics.CodeAnalysis;

namespace DChat.Core.Merkle;

/// <summary>
/// What SHA-256 needs of a vector of 32-bit words, one word of each message in a lane. An interface of static members, so that
/// one compression function is compiled for every width.
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal interface ISha256Vector<TVector>
    where TVector : unmanaged
{
    /// <summary>How many messages are hashed at once: the words of a vector.</summary>
    static abstract int Lanes { get; }

    /// <summary>The same word in every lane.</summary>
    static abstract TVector Create(uint word);

    /// <summary>Addition modulo 2^32.</summary>
    static abstract TVector Add(TVector left, TVector right);

    /// <summary>Exclusive or of three.</summary>
    static abstract TVector Xor(TVector a, TVector b, TVector c);

    /// <summary>Ch of FIPS 180-4, section 4.1.2: bits of <paramref name="y"/> where <paramref name="x"/> has ones, else of <paramref name="z"/>.</summary>
    static abstract TVector Choose(TVector x, TVector y, TVector z);

    /// <summary>Maj of FIPS 180-4, section 4.1.2.</summary>
    static abstract TVector Majority(TVector x, TVector y, TVector z);

    /// <summary>Rotates every word; <paramref name="count"/> is a constant where it is called, 1 to 31.</summary>
    static abstract TVector RotateRight(TVector words, [ConstantExpected] byte count);

    /// <summary>Shifts every word; <paramref name="count"/> is a constant where it is called, 1 to 31.</summary>
    static abstract TVector ShiftRight(TVector words, [ConstantExpected] byte count);
}
