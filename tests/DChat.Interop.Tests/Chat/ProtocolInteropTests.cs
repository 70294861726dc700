using System.Text.Json.Nodes;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Interop.Tests.Chat;

/// <summary>The messages of push, fetch and relay.proto, read and written by hand in JavaScript: every field of each.</summary>
public sealed class ProtocolInteropTests
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatEnumsAsIntegers(true));

    [Fact]
    public async Task Every_message_reads_and_writes_the_same_in_JavaScript()
    {
        await using var js = await ChatPeer.StartAsync(Given.Network, Given.ShardBits, TestContext.Current.CancellationToken);
        var next = 1;
        ByteString Bytes(int length) => ByteString.CopyFrom([.. Enumerable.Repeat((byte)next++, length)]);

        var delegation = new SignedStatement { Network = "dchat-test", Statement = Bytes(100), Signature = Bytes(64) };
        var acceptance = new SignedStatement { Network = "dchat-test", Statement = Bytes(150), Signature = Bytes(64) };
        var cursor = new Cursor { Log = Bytes(16), Sequence = ulong.MaxValue };
        IMessage[] messages =
        [
            delegation,
            acceptance,
            cursor,
            new Delegation
            {
                RelayId = Bytes(32),
                GatewayKey = Bytes(32),
                NotBeforeMs = 1_772_366_400_001,
                NotAfterMs = ulong.MaxValue,
            },
            new Acceptance
            {
                RelayId = Bytes(32),
                GatewayKey = Bytes(32),
                Shard = 4095,
                Log = Bytes(16),
                Count = 256,
                Root = Bytes(32),
                AcceptedAtMs = 1_772_366_400_002,
                IncludeByEpoch = 492_324,
            },
            new PushWelcome { Network = "dchat-test", ShardBits = 12, Delegation = delegation },
            new PushRequest { Envelopes = { Bytes(300), Bytes(2), ByteString.Empty } },
            new PushReply
            {
                Acceptance = acceptance,
                Accepted =
                {
                    new AcceptedEnvelope { Number = 300, Sequence = 301, TopicSequence = 302, IsDuplicate = true },
                    new AcceptedEnvelope { Number = 1, Sequence = ulong.MaxValue, TopicSequence = 2 },
                },
                Rejected = { new RejectedEnvelope { Number = 3, Code = "over-quota", IsTransient = true } },
            },
            new FetchRequest { TopicTag = Bytes(16), After = cursor, MaxCount = 256 },
            new FetchRequest { Shard = 0, MaxCount = 1 },
            new FetchReply
            {
                Status = FetchStatus.CursorGap,
                Head = cursor,
                Messages = { new FetchedEnvelope { Sequence = 5, TopicSequence = 4, Envelope = Bytes(500) } },
            },
        ];

        foreach (var message in messages)
        {
            var read = await js.DoAsync(
                "message", ("name", message.Descriptor.Name), ("hex", Convert.ToHexStringLower(message.ToByteArray())));

            Assert.Equal(message, message.Descriptor.Parser.ParseFrom(Convert.FromHexString((string)read["hex"]!)));
            Assert.Equal(Without(read["fields"]!), Without(JsonNode.Parse(Json.Format(message))!));
        }
    }

    // Protobuf's JSON leaves out what has its default; JavaScript has it.
    private static string Without(JsonNode fields)
    {
        foreach (var (name, value) in fields.AsObject().ToList())
        {
            if (value is JsonArray { Count: 0 } || value?.ToJsonString() is "false" or "\"0\"")
            {
                fields.AsObject().Remove(name);
            }
            else if (value is JsonArray items && items.All(item => item is JsonObject))
            {
                fields[name] = new JsonArray([.. items.Select(item => JsonNode.Parse(Without(item!)))]);
            }
        }

        return fields.ToJsonString();
    }
}
