using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DChat.Tls.Tests;

/// <summary>Keeps what DChat.Tls logs.</summary>
public sealed class LinesOfLog : ILogger, ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, string Text)> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> At(LogLevel level)
    {
        lock (_gate)
        {
            return [.. _lines.Where(line => line.Level == level).Select(line => line.Text)];
        }
    }

    /// <summary>How many lines there are of a kind.</summary>
    public int Count(Predicate<string> predicate)
    {
        lock (_gate)
        {
            return _lines.Count(line => predicate(line.Text));
        }
    }

    /// <summary>Waits for a line.</summary>
    /// <param name="predicate">Of what kind.</param>
    /// <param name="patience">How long for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="after">How many such lines do not count.</param>
    public async Task<string> WaitForAsync(Predicate<string> predicate, TimeSpan patience, CancellationToken cancellationToken, int after = 0)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_lines.Where(line => predicate(line.Text)).Skip(after).FirstOrDefault().Text is { } text)
                {
                    return text;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience, cancellationToken);
            }
            catch (TimeoutException)
            {
                lock (_gate)
                {
                    throw new TimeoutException($"No such line among:\n{string.Join('\n', _lines)}");
                }
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("DChat.Tls", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        TaskCompletionSource changed;
        lock (_gate)
        {
            _lines.Add((logLevel, formatter(state, exception)));
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    public void Dispose()
    {
    }
}
