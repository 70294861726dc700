using System.Buffers;

namespace DChat.Libp2p.Multiformats;

/// <summary>Base58 with the Bitcoin alphabet (multibase <c>z</c>), as text of peer ids uses it.</summary>
internal static class Base58
{
    /// <summary>Decoding takes quadratic time, so longer text is refused: enough for a 64-byte digest.</summary>
    internal const int MaxTextLength = 128;

    // SimpleBase indexes a table by character and throws for those beyond ASCII, so only digits get that far.
    private static readonly SearchValues<char> Digits = SearchValues.Create("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");

    internal static string Encode(ReadOnlySpan<byte> bytes) => SimpleBase.Base58.Bitcoin.Encode(bytes);

    internal static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length is 0 or > MaxTextLength || text.ContainsAnyExcept(Digits))
        {
            return false;
        }

        Span<byte> buffer = stackalloc byte[MaxTextLength];
        if (!SimpleBase.Base58.Bitcoin.TryDecode(text, buffer, out var written))
        {
            return false;
        }

        bytes = buffer[..written].ToArray();
        return true;
    }
}
