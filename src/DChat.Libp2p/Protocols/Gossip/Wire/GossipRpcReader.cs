using System.Text;
using System.Text.Unicode;
using DChat.Libp2p.Peers;
using DChat.Libp2p.Wire;

namespace DChat.Libp2p.Protocols.Gossip.Wire;

/// <summary>Decodes the RPCs of one peer. Reuses what it returns. Not thread-safe.</summary>
internal sealed class GossipRpcReader
{
    private readonly GossipRpc _rpc = new();
    private readonly List<GossipMessageId> _ids = [];
    private readonly List<ReadOnlyMemory<byte>> _records = [];
    private byte[] _lastTopicBytes = [];
    private string _lastTopic = "";
    private int _control;
    private int _ihaveIds;

    /// <summary>Decodes an RPC; null when it is malformed. The result is good until the next call.</summary>
    internal GossipRpc? Read(ReadOnlySpan<byte> bytes)
    {
        _rpc.Clear();
        _control = 0;
        _ihaveIds = 0;
        var reader = new ProtobufReader(bytes);
        var isSound = true;
        while (isSound && reader.Next())
        {
            isSound = (reader.Field, reader.IsBytes) switch
            {
                (1, true) => ReadSubscription(reader.Bytes),
                (2, true) => AddMessage(bytes, reader.Bytes),
                (3, true) => ReadControl(reader.Bytes),
                _ => true,
            };
        }

        return isSound && !reader.IsMalformed ? _rpc : null;
    }

    /// <summary>The topic of a message of this peer; null when it is empty, too long or no text.</summary>
    internal string? ReadTopic(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > Gossipsub.MaxTopicLength)
        {
            return null;
        }

        // Nearly every entry of a peer names the topic that its last entry named.
        if (!bytes.SequenceEqual(_lastTopicBytes))
        {
            if (!Utf8.IsValid(bytes))
            {
                return null;
            }

            _lastTopicBytes = bytes.ToArray();
            _lastTopic = Encoding.UTF8.GetString(bytes);
        }

        return _lastTopic;
    }

    private bool AddMessage(ReadOnlySpan<byte> rpc, ReadOnlySpan<byte> message)
    {
        // An empty span has no place; nor has an empty message a topic.
        if (_rpc.Messages.Count >= GossipRpc.MaxEntries || !rpc.Overlaps(message, out var offset))
        {
            _rpc.PassedOver++;
            return true;
        }

        _rpc.Messages.Add(offset..(offset + message.Length));
        return true;
    }

    private bool ReadSubscription(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        var isSubscribed = false;
        ReadOnlySpan<byte> topic = default;
        while (reader.Next())
        {
            if (reader.Field == 1 && !reader.IsBytes)
            {
                isSubscribed = reader.Number != 0;
            }
            else if (reader.Field == 2 && reader.IsBytes)
            {
                topic = reader.Bytes;
            }
        }

        if (_rpc.Subscriptions.Count < GossipRpc.MaxEntries && ReadTopic(topic) is { } name)
        {
            _rpc.Subscriptions.Add((name, isSubscribed));
        }
        else
        {
            _rpc.PassedOver++;
        }

        return !reader.IsMalformed;
    }

    private bool ReadControl(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        var isSound = true;
        while (isSound && reader.Next())
        {
            if (reader.Field > 5 || !reader.IsBytes)
            {
                continue;
            }

            if (++_control > GossipRpc.MaxEntries)
            {
                _rpc.PassedOver++;
                continue;
            }

            isSound = reader.Field switch
            {
                1 => ReadIhave(reader.Bytes),
                2 => ReadIds(reader.Bytes, _rpc.Iwant, GossipRpc.MaxIds),
                3 => ReadGraft(reader.Bytes),
                4 => ReadPrune(reader.Bytes),
                _ => ReadIds(reader.Bytes, _rpc.Idontwant, GossipRpc.MaxIdontwantIds),
            };
        }

        return isSound && !reader.IsMalformed;
    }

    private bool ReadIhave(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        ReadOnlySpan<byte> topic = default;
        _ids.Clear();
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.IsBytes)
            {
                topic = reader.Bytes;
            }
            else if (reader.Field == 2 && reader.IsBytes)
            {
                AddId(reader.Bytes, _ids, GossipRpc.MaxIds - _ihaveIds);
            }
        }

        if (ReadTopic(topic) is { } name)
        {
            _rpc.Ihave.Add((name, [.. _ids]));
            _ihaveIds += _ids.Count;
        }
        else
        {
            _rpc.PassedOver++;
        }

        return !reader.IsMalformed;
    }

    private bool ReadIds(ReadOnlySpan<byte> bytes, List<GossipMessageId> ids, int most)
    {
        var reader = new ProtobufReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.IsBytes)
            {
                AddId(reader.Bytes, ids, most);
            }
        }

        return !reader.IsMalformed;
    }

    private void AddId(ReadOnlySpan<byte> id, List<GossipMessageId> ids, int most)
    {
        if (ids.Count < most && id.Length is > 0 and <= GossipMessageId.MaxLength)
        {
            ids.Add(new GossipMessageId(id));
        }
        else
        {
            _rpc.PassedOver++;
        }
    }

    private bool ReadGraft(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        ReadOnlySpan<byte> topic = default;
        while (reader.Next())
        {
            topic = reader.Field == 1 && reader.IsBytes ? reader.Bytes : topic;
        }

        if (ReadTopic(topic) is { } name)
        {
            _rpc.Graft.Add(name);
        }
        else
        {
            _rpc.PassedOver++;
        }

        return !reader.IsMalformed;
    }

    private bool ReadPrune(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        ReadOnlySpan<byte> topic = default;
        ulong backoff = 0;
        _records.Clear();
        while (reader.Next())
        {
            topic = reader.Field == 1 && reader.IsBytes ? reader.Bytes : topic;
            backoff = reader.Field == 3 && !reader.IsBytes ? reader.Number : backoff;
            if (reader.Field == 2 && reader.IsBytes)
            {
                ReadExchange(reader.Bytes);
            }
        }

        if (ReadTopic(topic) is { } name)
        {
            _rpc.Prune.Add((name, backoff));
            _rpc.Exchange.AddRange(_records.Select(r => (name, r)));
        }
        else
        {
            _rpc.PassedOver++;
        }

        return !reader.IsMalformed;
    }

    /// <summary>A peer to turn to: <c>{1 id, 2 signed record}</c>. Only the record says where it is, and proves it.</summary>
    private void ReadExchange(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        ReadOnlySpan<byte> record = default;
        while (reader.Next())
        {
            record = reader.Field == 2 && reader.IsBytes ? reader.Bytes : record;
        }

        if (record.Length is > 0 and <= PeerStore.MaxSignedRecordLength
            && _records.Count < GossipRpc.MaxExchangePeers
            && _rpc.Exchange.Count + _records.Count < GossipRpc.MaxExchange)
        {
            _records.Add(record.ToArray());
        }
    }
}
