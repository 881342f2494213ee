using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DaxEmu.Daemon.Compare;

/// <summary>The report's charts, as SVG elements that take their colour of text from the page; what a colour stands for the page says itself.</summary>
internal static class Charts
{
    private const int Width = 760;

    // The exporter measures text of a font that it does not know too short: names would be cut off, and titles lie on numbers.
    private const double RoomForNames = 100;
    private const double RoomForNumbers = 12;

    // Where a logarithmic axis begins: below 1, so that one of something shows, and none does not.
    private const double Least = 0.5;

    // Stand for the page's own colours, which follow the reader's preference.
    private static readonly OxyColor Ink = OxyColor.FromRgb(1, 2, 3);
    private static readonly OxyColor Faint = OxyColor.FromRgb(4, 5, 6);

    // Told apart by eyes of all kinds, on light and on dark (Okabe and Ito).
    private static readonly OxyColor[] Palette =
    [
        OxyColor.FromRgb(0, 114, 178), OxyColor.FromRgb(230, 159, 0), OxyColor.FromRgb(0, 158, 115), OxyColor.FromRgb(204, 121, 167),
        OxyColor.FromRgb(213, 94, 0), OxyColor.FromRgb(86, 180, 233), OxyColor.FromRgb(148, 148, 148),
    ];

    /// <summary>Bars, one group a policy, in the colours of <see cref="ColourOf"/>.</summary>
    /// <param name="name">Tells it from other charts of the page; a word.</param>
    /// <param name="policies">The policies.</param>
    /// <param name="unit">What the axis counts.</param>
    /// <param name="isLogarithmic">For values that differ by orders of magnitude; then 0 shows as nothing.</param>
    /// <param name="isStacked">One bar a policy instead of several.</param>
    /// <param name="series">Name and value of each bar.</param>
    public static string Bars(
        string name, IReadOnlyList<PolicyReport> policies, string unit, bool isLogarithmic, bool isStacked,
        params (string Name, Func<PolicyReport, double> Value)[] series)
    {
        PlotModel model = Empty();
        CategoryAxis names = new() { Position = AxisPosition.Left, TicklineColor = OxyColors.Transparent, StartPosition = 1, EndPosition = 0 };
        names.Labels.AddRange(policies.Select(p => p.Policy));
        model.Axes.Add(names);
        model.Axes.Add(Values(unit, isLogarithmic, AxisPosition.Bottom));
        for (int i = 0; i < series.Length; i++)
        {
            BarSeries bars = new()
            {
                Title = series[i].Name,
                FillColor = Palette[i % Palette.Length],
                IsStacked = isStacked,
                StrokeThickness = 0,
                BaseValue = isLogarithmic ? Least : 0,
            };
            foreach (PolicyReport policy in policies)
            {
                double value = series[i].Value(policy);
                bars.Items.Add(new BarItem(isLogarithmic ? Math.Max(Least, value) : value));
            }

            model.Series.Add(bars);
        }

        return Svg(name, model, 70 + (policies.Count * (isStacked || series.Length == 1 ? 30 : 16 * series.Length)));
    }

    /// <summary>A line a policy: throughput from round to round; in the colours of <see cref="ColourOf"/>.</summary>
    /// <param name="name">Tells it from other charts of the page; a word.</param>
    /// <param name="policies">The policies.</param>
    public static string Lines(string name, IReadOnlyList<PolicyReport> policies)
    {
        PlotModel model = Empty();
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Bottom,
            Title = "share of the policy's rounds, %",
            AxisTitleDistance = RoomForNumbers,
            TicklineColor = Faint,
            MinorTicklineColor = Faint,
            Minimum = 0,
            Maximum = 100,
        });
        model.Axes.Add(Values("MiB/s", false, AxisPosition.Left));
        for (int i = 0; i < policies.Count; i++)
        {
            IReadOnlyList<double> rounds = policies[i].Throughput;
            LineSeries line = new() { Title = policies[i].Policy, Color = Palette[i % Palette.Length], StrokeThickness = 1.5 };
            if (rounds.Count == 1)
            {
                line.MarkerType = MarkerType.Circle;
                line.MarkerFill = line.Color;
            }

            for (int round = 0; round < rounds.Count; round++)
            {
                line.Points.Add(new DataPoint(100.0 * (round + 1) / rounds.Count, rounds[round]));
            }

            model.Series.Add(line);
        }

        return Svg(name, model, 300);
    }

    /// <summary>The colour of a series, as CSS has it.</summary>
    /// <param name="series">Which; from 0.</param>
    public static string ColourOf(int series)
    {
        OxyColor colour = Palette[series % Palette.Length];
        return $"rgb({colour.R},{colour.G},{colour.B})";
    }

    private static PlotModel Empty() => new()
    {
        Background = OxyColors.Transparent,
        TextColor = Ink,
        PlotAreaBorderColor = Faint,
        DefaultFont = "sans-serif",
        DefaultFontSize = 12,
        PlotMargins = new OxyThickness(RoomForNames, double.NaN, double.NaN, double.NaN),
    };

    private static Axis Values(string unit, bool isLogarithmic, AxisPosition position)
    {
        Axis axis = isLogarithmic ? new LogarithmicAxis { Minimum = Least } : new LinearAxis { Minimum = 0, MinimumPadding = 0 };
        axis.Position = position;
        axis.Title = unit;
        axis.AxisTitleDistance = RoomForNumbers;
        axis.TicklineColor = Faint;
        axis.MinorTicklineColor = Faint;
        axis.MajorGridlineStyle = LineStyle.Solid;
        axis.MajorGridlineColor = Faint;
        axis.AbsoluteMinimum = isLogarithmic ? Least : 0;
        return axis;
    }

    private static string Svg(string name, PlotModel model, int height)
    {
        SvgExporter exporter = new() { Width = Width, Height = height, IsDocument = false, UseVerticalTextAlignmentWorkaround = true };
        using MemoryStream bytes = new();
        exporter.Export(model, bytes);

        // The exporter numbers its clip paths from 1 in each chart; in one page a name can stand for one thing only.
        string prefix = $"{name}-clip";
        return System.Text.Encoding.UTF8.GetString(bytes.ToArray())
            .Replace("#clipPath", "#" + prefix, StringComparison.Ordinal)
            .Replace("id=\"clipPath", "id=\"" + prefix, StringComparison.Ordinal)
            .Replace("rgb(1,2,3)", "currentColor", StringComparison.Ordinal)
            .Replace("rgb(4,5,6)", "var(--faint)", StringComparison.Ordinal);
    }
}
