using System.Buffers.Binary;

namespace DChat.Libp2p.Yamux;

/// <summary>What a frame is (yamux/README.md, "Type Field").</summary>
internal enum YamuxType : byte
{
    Data = 0,
    WindowUpdate = 1,
    Ping = 2,
    GoAway = 3,
}

/// <summary>What a frame does to its stream besides (yamux/README.md, "Flag Field").</summary>
[Flags]
internal enum YamuxFlags : ushort
{
    None = 0,
    Syn = 1,
    Ack = 2,
    Fin = 4,
    Rst = 8,
}

/// <summary>Why a session ends (yamux/README.md, "Go Away").</summary>
internal enum YamuxGoAway : uint
{
    Normal = 0,
    ProtocolError = 1,
    InternalError = 2,
}

/// <summary>
/// The twelve bytes before every frame, big-endian:
/// <code>
///   00        tt    ffff   ssssssss   llllllll
///   version   type  flags  stream     length
/// </code>
/// </summary>
internal readonly record struct YamuxHeader(YamuxType Type, YamuxFlags Flags, uint StreamId, uint Length)
{
    internal const int Size = 12;

    /// <summary>Whether a flag is set. Unlike <see cref="Enum.HasFlag"/> it never boxes, optimized code or not.</summary>
    internal bool Has(YamuxFlags flag) => (Flags & flag) != 0;

    internal void Write(Span<byte> destination)
    {
        destination[0] = 0;
        destination[1] = (byte)Type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)Flags);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], Length);
    }

    /// <summary>Reads a header; throws for another version, an unknown type, and a stream id that does not go with the type.</summary>
    internal static YamuxHeader Read(ReadOnlySpan<byte> source)
    {
        var type = (YamuxType)source[1];
        var streamId = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        var isSession = type is YamuxType.Ping or YamuxType.GoAway;
        if (source[0] != 0 || type > YamuxType.GoAway || isSession != (streamId == 0))
        {
            throw new Libp2pException(Libp2pErrorCodes.ProtocolViolation, "The peer sent a malformed yamux header.");
        }

        return new YamuxHeader(type, (YamuxFlags)BinaryPrimitives.ReadUInt16BigEndian(source[2..]), streamId, BinaryPrimitives.ReadUInt32BigEndian(source[8..]));
    }
}
