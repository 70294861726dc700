using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DChat.Client.Identities;

/// <summary>A device log as a file: "DCHATLOG", version 1, then each entry behind its length (4 bytes, big-endian).</summary>
internal static class LogFile
{
    private const int LengthLength = sizeof(int);

    private static ReadOnlySpan<byte> Header => "DCHATLOG\u0001"u8;

    public static byte[] Write(IReadOnlyList<byte[]> entries)
    {
        var length = new byte[LengthLength];
        using var file = new MemoryStream();
        file.Write(Header);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, entry.Length);
            file.Write(length);
            file.Write(entry);
        }

        return file.ToArray();
    }

    /// <summary>The entries of a file; null when it is none.</summary>
    public static List<byte[]>? TryRead(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Header))
        {
            return null;
        }

        List<byte[]> entries = [];
        for (var rest = file[Header.Length..]; !rest.IsEmpty;)
        {
            if (rest.Length < LengthLength || BinaryPrimitives.ReadInt32BigEndian(rest) is var length && (length < 0 || length > rest.Length - LengthLength))
            {
                return null;
            }

            entries.Add(rest.Slice(LengthLength, length).ToArray());
            rest = rest[(LengthLength + length)..];
        }

        return entries;
    }

    /// <summary>The entries of a log, then those it lacks.</summary>
    public static List<byte[]> Union(IReadOnlyList<byte[]> log, IReadOnlyList<byte[]> entries)
    {
        var known = log.Select(Key).ToHashSet();
        return [.. log, .. entries.Where(entry => known.Add(Key(entry)))];
    }

    private static string Key(byte[] entry) => Convert.ToHexString(SHA256.HashData(entry));
}
