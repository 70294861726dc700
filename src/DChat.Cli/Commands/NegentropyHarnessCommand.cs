using System.CommandLine;
using System.Globalization;
using DChat.Core;
using DChat.Core.Reconciliation;

namespace DChat.Cli.Commands;

/// <summary>
/// <c>dchat negentropy-harness</c>: one side of negentropy v1 behind the line protocol of the reference's own tests (hoytech/negentropy,
/// <c>test/</c>), to try any implementation against ours. Needs no silo.
/// </summary>
/// <remarks>
/// In: <c>item,&lt;timestamp&gt;,&lt;hex id&gt;</c>, <c>seal</c>, <c>initiate</c>, <c>msg,&lt;hex&gt;</c>. Out: <c>msg,&lt;hex&gt;</c>,
/// <c>have,&lt;hex id&gt;</c>, <c>need,&lt;hex id&gt;</c>, <c>done</c>.
/// </remarks>
internal static class NegentropyHarnessCommand
{
    /// <summary>The variable with the frame limit in bytes, as the reference's tests set it.</summary>
    public const string FrameLimitVariable = "FRAMESIZELIMIT";

    private const string BadLineCode = "harness-line";

    public static Command Create(CliApp app)
    {
        var reference = new Option<bool>("--reference-bytes")
        {
            Description = "Send what the reference sends, byte for byte, its hole with frame limits included.",
            Arity = ArgumentArity.Zero,
        };
        var command = new Command("negentropy-harness", "Speak negentropy v1 on standard input and output, for tests of implementations.") { reference };
        app.SetAction(command, context => RunAsync(context, context.Parsed.GetValue(reference)));
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, bool isReference)
    {
        var harness = new Harness(context, new NegentropyOptions { FrameLimit = FrameLimit(), ReferenceBytes = isReference, Salt = 0 });
        using var reader = context.Input.OpenText();
        for (var number = 1; await reader.ReadLineAsync().ConfigureAwait(false) is { } line; number++)
        {
            if (!harness.TryDo(line.Split(',', StringSplitOptions.TrimEntries)))
            {
                throw new UsageException(BadLineCode, $"Line {number} of standard input makes no sense here: say item,<timestamp>,<id>; seal; initiate; msg,<hex>.");
            }
        }

        return ExitCodes.Ok;
    }

    private static int FrameLimit()
    {
        var text = Environment.GetEnvironmentVariable(FrameLimitVariable);
        return string.IsNullOrEmpty(text) ? 0
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is 0 or >= NegentropyOptions.MinFrameLimit ? limit
            : throw new UsageException("usage", $"{FrameLimitVariable} is '{text}'; it may be 0, or {NegentropyOptions.MinFrameLimit} or more.");
    }

    /// <summary>What the lines are about: a set, and then a session as one side or the other.</summary>
    private sealed class Harness : IDifferences
    {
        private readonly CliContext _context;
        private readonly NegentropyOptions _options;
        private readonly SetItemList _items = new();
        private readonly SetIndex _index;
        private SetSnapshot? _set;
        private NegentropyInitiator? _initiator;
        private NegentropyResponder? _responder;

        public Harness(CliContext context, NegentropyOptions options) => (_context, _options, _index) = (context, options, new SetIndex(_items));

        /// <summary>Does what a line says; false when it makes no sense.</summary>
        public bool TryDo(string[] words)
        {
            switch (words)
            {
                case ["item", var timestamp, var hex] when _set is null
                    && ulong.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                    && at < ulong.MaxValue && Bytes32.TryParse(hex, out var id):
                    return _index.Add(_items.Add(new SetItem(at, id)));
                case ["seal"] when _set is null:
                    _set = _index.Snapshot();
                    return true;
                case ["initiate"] when _set is not null && _initiator is null && _responder is null:
                    _initiator = new NegentropyInitiator(_set, _options, this);
                    Send(_initiator.Initiate());
                    return true;
                case ["msg", var bytes] when _set is not null && TryParse(bytes, out var message):
                    Take(_set, message);
                    return true;
                default:
                    return false;
            }
        }

        public void Have(SetItem item) => _context.Output.Line($"have,{item.Id}");

        public void Need(Bytes32 id) => _context.Output.Line($"need,{id}");

        private void Take(SetSnapshot set, byte[] message)
        {
            if (_initiator is null)
            {
                _responder ??= new NegentropyResponder(set, _options);
                Send(_responder.Answer(message));
            }
            else if (_initiator.TryContinue(message, out var next))
            {
                Send(next);
            }
            else
            {
                _context.Output.Line("done");
            }
        }

        private void Send(ReadOnlyMemory<byte> message) => _context.Output.Line($"msg,{Convert.ToHexStringLower(message.Span)}");

        private static bool TryParse(string hex, out byte[] bytes)
        {
            bytes = new byte[hex.Length / 2];
            return hex.Length % 2 == 0 && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        }
    }
}
