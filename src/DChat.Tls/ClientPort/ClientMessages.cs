using System.Buffers;
using System.Numerics;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Session;
using Orleans.Serialization.WireProtocol;

namespace DChat.Tls.ClientPort;

/// <summary>
/// What a client may say at the client port. Orleans goes by the sender that a message names and lets everybody call the parts of
/// silos, so a client could pass for a grain or a silo; rules for callers hold only where it cannot. Reads what Orleans writes with
/// <c>ConnectionPreambleHelper</c> and <c>MessageSerializer</c>.
/// </summary>
internal static class ClientMessages
{
    // Longer names than those compared here are cut, which makes them equal to none.
    private const int MaxHead = 32;

    // PackedHeaders: bits 16 to 19 hold Message.Directions.
    private const int DirectionShift = 16;
    private const uint DirectionMask = 0xF;
    private const uint Response = 2;

    private static ReadOnlySpan<byte> ClientType => "sys.client"u8;

    // A silo's own client is called after the silo.
    private static ReadOnlySpan<byte> HostedClientKey => "hosted-"u8;

    private static ReadOnlySpan<byte> SystemTargetType => "sys.svc."u8;

    // Tells clients which grains there are.
    private static ReadOnlySpan<byte> ManifestType => "sys.svc.manifest"u8;

    // Delivers streams to clients, which say that they have them.
    private static ReadOnlySpan<byte> StreamAgentType => "sys.svc.stream.agent"u8;

    /// <summary>What is wrong with how a client introduces itself, as the end of a sentence; null when nothing is.</summary>
    /// <param name="preamble">The first frame of the connection.</param>
    /// <param name="session">To read with.</param>
    public static string? FaultOfPreamble(ReadOnlySequence<byte> preamble, SerializerSession session)
    {
        var reader = Reader.Create(preamble, session);
        if (reader.ReadFieldHeader().WireType != WireType.TagDelimited)
        {
            return "its introduction is malformed";
        }

        // NetworkProtocolVersion is field 0, NodeIdentity field 1: once, as a second one would count instead.
        var number = 0u;
        GrainId? identity = null;
        for (var field = reader.ReadFieldHeader(); !field.IsEndBaseOrEndObject; field = reader.ReadFieldHeader())
        {
            number += field.FieldIdDelta;
            if (number != 1)
            {
                reader.ConsumeUnknownField(field);
            }
            else if (identity is not null)
            {
                return "its introduction is malformed";
            }
            else
            {
                identity = session.CodecProvider.GetCodec<GrainId>().ReadValue(ref reader, field);
            }
        }

        return identity is { } id && IsClient(id.Type.AsSpan(), id.Key.AsSpan()) ? null : "it poses as a silo: no client is called so";
    }

    /// <summary>What is wrong with a message of a client, as the end of a sentence; null when nothing is.</summary>
    /// <param name="header">Its header: flags, correlation id, sender, target and what follows.</param>
    public static string? FaultOfHeader(ReadOnlySequence<byte> header)
    {
        Span<byte> senderType = stackalloc byte[MaxHead], senderKey = stackalloc byte[MaxHead], targetType = stackalloc byte[MaxHead];
        var reader = new SequenceReader<byte>(header);
        if (!reader.TryReadLittleEndian(out int flags)
            || !reader.TryReadLittleEndian(out long _)
            || !TryReadHead(ref reader, senderType, out var senderTypeLength)
            || !TryReadHead(ref reader, senderKey, out var senderKeyLength)
            || !TryReadHead(ref reader, targetType, out var targetTypeLength))
        {
            return "its message is malformed";
        }

        if (!IsClient(senderType[..senderTypeLength], senderKey[..senderKeyLength]))
        {
            return "it poses as a silo: its message names a sender that is no client";
        }

        targetType = targetType[..targetTypeLength];
        if ((((uint)flags >> DirectionShift) & DirectionMask) == Response)
        {
            return targetType.SequenceEqual(StreamAgentType) ? null : "it poses as a silo: it answers a call that is not made to clients";
        }

        return targetType.StartsWith(SystemTargetType) && !targetType.SequenceEqual(ManifestType) ? "it poses as a silo: its message is for a part of silos that is not for clients" : null;
    }

    private static bool IsClient(ReadOnlySpan<byte> type, ReadOnlySpan<byte> key) => type.StartsWith(ClientType) && !key.StartsWith(HostedClientKey);

    // IdSpanCodec.WriteRaw: the length, and unless it is 0 a hash of 4 bytes and the text.
    private static bool TryReadHead(ref SequenceReader<byte> reader, scoped Span<byte> head, out int headLength)
    {
        headLength = 0;
        if (!TryReadLength(ref reader, out var length))
        {
            return false;
        }

        if (length == 0)
        {
            return true;
        }

        if (reader.Remaining < sizeof(int) + (long)length)
        {
            return false;
        }

        reader.Advance(sizeof(int));
        headLength = (int)Math.Min(length, MaxHead);
        reader.TryCopyTo(head[..headLength]);
        reader.Advance(length);
        return true;
    }

    // Orleans' variable length integer: as many zero bits, least first, as there are more bytes; then a one; then the value.
    private static bool TryReadLength(ref SequenceReader<byte> reader, out uint length)
    {
        length = 0;
        if (!reader.TryPeek(out var first))
        {
            return false;
        }

        var bytes = BitOperations.TrailingZeroCount((uint)first) + 1;
        if (bytes > 5 || reader.Remaining < bytes)
        {
            return false;
        }

        ulong value = 0;
        for (var i = 0; i < bytes; i++)
        {
            reader.TryRead(out var next);
            value |= (ulong)next << (8 * i);
        }

        value >>= bytes;
        length = (uint)value;
        return value <= uint.MaxValue;
    }
}
