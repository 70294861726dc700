using System.Text.Unicode;
using DChat.Abstractions.Messages;
using DChat.Cli.Session;
using DChat.Client;
using DChat.Client.Devices;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Shards;
using DChat.Core.Topics;
using DChat.Storage.Inspection;
using Spectre.Console;

namespace DChat.Cli.Output;

/// <summary>Text for people: results on standard output, what is about them on standard error.</summary>
internal sealed class HumanOutput(TextWriter output, TextWriter error) : ICliOutput
{
    private const int DeviceDigits = 8;
    private const int ShownBytes = 32;

    private readonly TextWriter _text = output;
    private readonly IAnsiConsole _output = Console(output);
    private readonly IAnsiConsole _error = Console(error);

    /// <inheritdoc/>
    public void Sent(NamedTopic topic, PublishReceipt receipt) =>
        _output.MarkupLineInterpolated(
            $"sent to {Label(topic)} [grey]{receipt.MessageId} at {receipt.Position}{(receipt.IsDuplicate ? ", which the relay had already" : "")}[/]");

    /// <inheritdoc/>
    public void Tailing(NamedTopic topic, LogPosition cursor)
    {
        _error.MarkupLineInterpolated($"[grey]{Label(topic)} after {cursor}; Ctrl-C ends[/]");
        if (topic.Topic.IsPublic)
        {
            _error.MarkupLine("[yellow]This topic is public: anyone who knows its name can read and write.[/]");
        }
    }

    /// <inheritdoc/>
    public void Message(NamedTopic topic, ReceivedMessage message)
    {
        var time = Cells.Time(message.Hlc.ToDateTimeOffset());
        _output.MarkupLineInterpolated($"[grey]{time}[/] [blue]{Short(message.Device)}[/] {TextOf(message)}");
        if (message.Equivocation is { } proof)
        {
            _output.MarkupLineInterpolated($"  [red]The device signed another message in its place: {proof.First}[/]");
        }

        if (message.Standing is MessageStanding.Revoked or MessageStanding.Suspended)
        {
            _output.MarkupLineInterpolated($"  [red]{(message.Standing == MessageStanding.Revoked ? "The device was revoked before it wrote this." : "The device is disputed: its identity's log is forked.")}[/]");
        }
    }

    /// <inheritdoc/>
    public void Fetched(NamedTopic topic, int count, LogPosition next, bool hasMore)
    {
        _error.MarkupLineInterpolated($"[grey]{count} messages of {Label(topic)}; {(hasMore ? "there may be more" : "no more for now")}[/]");
        _error.MarkupLineInterpolated($"[grey]next cursor: {next}[/]");
    }

    /// <inheritdoc/>
    public void Topic(NamedTopic topic, string invite)
    {
        _error.MarkupLineInterpolated($"[grey]{Label(topic)} of network {topic.Topic.Network} is kept here.[/]");
        _error.MarkupLine(topic.Topic.IsPublic
            ? "[yellow]It is public: anyone who knows its name can read and write.[/]"
            : "[yellow]Whoever has this invite can read and write: share it with members only.[/]");
        _output.MarkupLineInterpolated($"{invite}");
    }

    /// <inheritdoc/>
    public void Topics(IReadOnlyList<NamedTopic> topics, bool withInvites)
    {
        if (topics.Count == 0)
        {
            _error.MarkupLine("[grey]No topics are kept here. Make one with: dchat topic create NAME[/]");
            return;
        }

        var table = new Table().Border(TableBorder.None).AddColumns("topic", "visibility", "network", "tag");
        if (withInvites)
        {
            table.AddColumn("invite");
        }

        foreach (var topic in topics)
        {
            string[] cells =
            [
                TerminalText.Sanitize(topic.Name),
                topic.Visibility,
                topic.Topic.Network,
                topic.Topic.Tag.ToString(),
                .. withInvites ? [TopicInvite.Create(topic.Topic)] : Array.Empty<string>(),
            ];
            table.AddRow(Array.ConvertAll(cells, Markup.Escape));
        }

        _output.Write(table);
    }

    /// <inheritdoc/>
    public void Device(DChatHome home, int topics)
    {
        _output.MarkupLineInterpolated($"device {home.Device.PublicKey}");
        _output.MarkupLineInterpolated($"home   {home.Path}");
        _output.MarkupLineInterpolated($"topics {topics}");
    }

    /// <inheritdoc/>
    public void Identity(DeviceLogView view, DeviceKey self, Func<DeviceKey, string?> nameOf) => DeviceTable.Write(_output, view, self, nameOf);

    /// <inheritdoc/>
    public void RecoveryKey(string key)
    {
        _error.MarkupLine("[yellow]Write this recovery key down and keep it off your devices: whoever has it commands the identity. It is not shown again.[/]");
        _output.MarkupLineInterpolated($"{key}");
    }

    /// <inheritdoc/>
    public void DeviceRequest(IdentityId identity, DeviceKey device, string request)
    {
        _error.MarkupLineInterpolated($"[grey]On a device of identity {identity}: dchat device add REQUEST; then here: dchat device sync.[/]");
        _output.MarkupLineInterpolated($"{request}");
    }

    /// <inheritdoc/>
    public void DeviceChanged(string change, DeviceKey device, int? authorKeys) =>
        _output.MarkupLineInterpolated($"{change} [blue]{device}[/]{(authorKeys is { } count ? $"; what it wrote until now under {count} author keys stays valid" : "")}");

    /// <inheritdoc/>
    public void DeviceSynced(DeviceSyncReport report) => _output.MarkupLineInterpolated(
        $"this device is {DeviceTable.Text(report.Standing)}: {report.StatesRead} states read, {(report.IsWritten ? "own state sealed" : "nothing to tell")}, {report.TopicsAdded} topics added");

    /// <inheritdoc/>
    public void TopicState(NamedTopic topic, ReadMarker? read, bool isMuted) => _output.MarkupLineInterpolated(
        $"{Label(topic)}: {(read is null ? "not read" : $"read up to {Cells.Time(read.Hlc.ToDateTimeOffset())}")}{(isMuted ? ", muted" : "")} [grey]{read?.Position}[/]");

    /// <inheritdoc/>
    public void Note(string name, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
        {
            _output.MarkupLineInterpolated($"{Cells.Safe(name)}: {Cells.Safe(text)}");
        }
    }

    /// <inheritdoc/>
    public void NoGateways() =>
        _error.MarkupLine("[grey]The cluster has no gateway: chat peers cannot reach it. A silo of role edge or all has one.[/]");

    /// <inheritdoc/>
    public void Gateway(GatewayDescription gateway, PeerSetReport? report) => PeerTable.Write(_output, gateway, report);

    /// <inheritdoc/>
    public void Dht(GatewayDescription gateway, DhtDescription? dht) => DhtTable.Write(_output, gateway, dht);

    /// <inheritdoc/>
    public void Sync(GatewayDescription gateway, SyncDescription? sync) => SyncTable.Write(_output, gateway, sync);

    /// <inheritdoc/>
    public void Scrubbed(long messages, long segments, long problems) =>
        _output.MarkupLineInterpolated($"{messages} messages were read, {segments} sealed segments checked against their roots: {problems} things are wrong.");

    /// <inheritdoc/>
    public void SyncShards(SyncPartnerDescription partner) => SyncTable.WriteShards(_output, partner);

    /// <inheritdoc/>
    public void Found(DhtFinding finding) => DhtTable.Write(_output, finding);

    /// <inheritdoc/>
    public void Circuits(GatewayDescription gateway, CircuitDescription? circuits) => CircuitTable.Write(_output, gateway, circuits);

    /// <inheritdoc/>
    public void CircuitRelay(GatewayDescription gateway, CircuitRelayDescription relay) => CircuitTable.Write(_output, gateway, relay);

    /// <inheritdoc/>
    public void CircuitReleased(GatewayDescription gateway, string relay, bool was) => _output.MarkupLineInterpolated(
        $"gateway [blue]{TerminalText.Sanitize(gateway.PeerId)}[/]: {(was ? "it has given up" : "it did not know")} {TerminalText.Sanitize(relay)}");

    /// <inheritdoc/>
    public void Log(DataDirectory directory) => _output.MarkupLineInterpolated(
        $"log [blue]{directory.Log}[/] of network {Cells.Safe(directory.Network)}: {1 << directory.ShardBits} shards, {directory.LogFiles} files with {directory.LogBytes} bytes");

    /// <inheritdoc/>
    public void Shards(IReadOnlyList<ShardSummary> shards) => LogTable.Write(_output, shards);

    /// <inheritdoc/>
    public void Damage(string problem) => _output.MarkupLineInterpolated($"[red]{Cells.Safe(problem)}[/]");

    /// <inheritdoc/>
    public void Compacted(long before, long after) => _output.MarkupLineInterpolated($"the log has {after} bytes, before {before}");

    /// <inheritdoc/>
    public void Line(string line)
    {
        _text.WriteLine(line);
        _text.Flush();
    }

    /// <inheritdoc/>
    public void Note(string code, string message) => _error.MarkupLineInterpolated($"[grey]dchat: {TerminalText.Sanitize(message)}[/]");

    /// <inheritdoc/>
    public void Error(string code, string message) =>
        _error.MarkupLineInterpolated($"[red]dchat:[/] {TerminalText.Sanitize(message)} [grey]({code})[/]");

    private static string TextOf(ReceivedMessage message)
    {
        var content = message.Content.Span;
        return Utf8.IsValid(content)
            ? TerminalText.Sanitize(message.GetText())
            : $"(binary, {content.Length} bytes) {Convert.ToHexStringLower(content[..Math.Min(content.Length, ShownBytes)])}"
                + (content.Length > ShownBytes ? "…" : "");
    }

    private static string Label(NamedTopic topic) => $"{TerminalText.Sanitize(topic.Name)} ({topic.Visibility})";

    private static string Short(DeviceKey device) => device.ToString()[..DeviceDigits];

    private static IAnsiConsole Console(TextWriter writer)
    {
        var isTerminal = (ReferenceEquals(writer, System.Console.Out) && !System.Console.IsOutputRedirected)
            || (ReferenceEquals(writer, System.Console.Error) && !System.Console.IsErrorRedirected);
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });

        // Terminals wrap lines themselves; breaks of ours would end up in pipes and in copied cursors.
        console.Profile.Width = short.MaxValue;
        return console;
    }
}
